import { asError, StoreError, type StoreErrorKind } from '@leased-jobs/core';
import { FOREIGN } from './lock-scripts.js';

/**
 * What a client has rejected with, as the seam wants it. `sent` tells whether the command may have left this process.
 *
 * The cause is a copy: the errors of ioredis carry the command and its arguments, a password among them if that command
 * was to log in.
 */
export function redisStoreError(thrown: unknown, sent: boolean): StoreError {
  if (thrown instanceof StoreError) return thrown;
  const error = rootOf(asError(thrown));
  const message = withoutSecrets(error.message).replace(NOISE, '');
  const code = replyCode(message) ?? systemCode(error);
  const kind = kindOf(code, message);
  const refused = NOT_DONE.has(code) || NOT_SENT.test(message);
  return new StoreError(`${WHAT[kind]}: ${message.replace(/\.$/, '')}. ${adviceFor(code, kind, message)}`, {
    kind,
    applied: sent && !refused ? 'unknown' : 'no',
    cause: bareCopy(error, message),
  });
}

export function isNoScript(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.message.startsWith('NOSCRIPT');
}

/**
 * Whether the server has refused a command for the keys that it names together: they lie in different slots, or one of them is
 * not for this user. It has done nothing then, and may do it for each of them.
 */
export function cannotGoTogether(thrown: unknown): boolean {
  const error = thrown instanceof StoreError ? thrown.cause : thrown;
  return error instanceof Error && /^(?:CROSSSLOT|NOPERM) /.test(error.message);
}

/** What a cluster client wraps says more than the wrapping. */
function rootOf(error: Error): Error {
  const inner = 'lastNodeError' in error ? error.lastNodeError : undefined;
  return inner instanceof Error ? inner : error;
}

function bareCopy(error: Error, message: string): Error {
  const copy = new Error(message);
  copy.name = error.name;
  if (error.stack !== undefined) copy.stack = withoutSecrets(error.stack);
  return copy;
}

function withoutSecrets(text: string): string {
  return text.replaceAll(/\/\/[^\s/@]*@/g, '//***@');
}

/** `WRONGTYPE Operation …`. Before Redis 7, what a script met is told after where it met it. */
function replyCode(message: string): string | undefined {
  const inScript =
    /^ERR Error running script.*?: @?user_script:\d+: (?:@user_script: \d+: )?-?([A-Z]{2,}) /.exec(message);
  return inScript?.[1] ?? /^-?([A-Z]{2,})(?: |$)/.exec(message)?.[1];
}

function systemCode(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function kindOf(code: string, message: string): StoreErrorKind {
  if (DENIED.has(code) || DENIED_MESSAGE.test(message) || CERTIFICATE.test(code)) return 'denied';
  return INVALID.has(code) || INVALID_MESSAGE.test(message) ? 'invalid' : 'transient';
}

function adviceFor(code: string, kind: StoreErrorKind, message: string): string {
  const topic = TOPICS.find(([pattern]) => pattern.test(message))?.[1] ?? code;
  return ADVICE[topic] ?? ADVICE[kind] ?? '';
}

const DENIED = new Set(['NOAUTH', 'WRONGPASS', 'NOPERM', 'DENIED']);
const DENIED_MESSAGE = /^ERR (invalid password|Client sent AUTH|AUTH |.*user executing the script can't)/i;
const CERTIFICATE = /CERT|SELF_SIGNED/;
const INVALID = new Set(['WRONGTYPE', FOREIGN, 'CROSSSLOT', 'MOVED', 'NOPROTO']);
const INVALID_MESSAGE =
  /^ERR (unknown command|DB index|invalid DB index|Error compiling|.*not allowed in cluster|This instance has cluster support disabled)/i;

/** The server says this before it does anything; a script's own first write included. */
const NOT_DONE = new Set([
  'ASK',
  'BUSY',
  'CLUSTERDOWN',
  'CROSSSLOT',
  FOREIGN,
  'LOADING',
  'MASTERDOWN',
  'MISCONF',
  'MOVED',
  'NOAUTH',
  'NOREPLICAS',
  'NOSCRIPT',
  'OOM',
  'READONLY',
  'TRYAGAIN',
  'WRONGPASS',
  'WRONGTYPE',
]);

/** The client says this of a command that it has not sent. */
const NOT_SENT = /enableOfflineQueue options is false/;

const WHAT = {
  transient: 'Redis could not be asked',
  denied: 'Redis refuses this client',
  invalid: 'Redis cannot keep leases there',
} as const;

/** What a person learns nothing from: where in a script it was, and how else one might log in. */
const NOISE =
  / script: [0-9a-f]{40}, on @user_script:\d+\.?$| HELLO must be called with the client already .*$/s;

/** What Redis tells under the code `ERR`, by what helps against it. */
const TOPICS: readonly (readonly [RegExp, string])[] = [
  [/^ERR .*user executing the script can't/, 'NOPERM'],
  [/^ERR (invalid )?DB index/, 'DATABASE'],
];

const RIGHTS =
  'Give the user the rights that the README of @leased-jobs/provider-redis lists under "Permissions needed".';
const LOGIN = 'Look at the user and the password in REDIS_URL, or of the client that you pass.';
const FOREIGN_CONTENT =
  'Keys that begin with "leased-jobs:" are for leases only. Look at what stands there; nothing was changed.';
const CLUSTER = 'This is a Cluster: pass a `Cluster` client.';
const NO_HOST =
  'There is no such host. Look at the host in REDIS_URL, or of the client that you pass, and at the DNS.';

const ADVICE: Readonly<Record<string, string>> = {
  transient: 'Look at the server and at the network in between.',
  denied: `${LOGIN} ${RIGHTS}`,
  invalid: 'Look at what the address leads to.',
  WRONGPASS: LOGIN,
  NOAUTH: `The server wants a password. ${LOGIN}`,
  NOPERM: RIGHTS,
  DATABASE: 'REDIS_URL ends with the number of the database, such as /0. Choose one that the server has.',
  ENOTFOUND: NO_HOST,
  EAI_AGAIN: NO_HOST,
  ECONNREFUSED:
    'Nobody listens there. Look at host and port in REDIS_URL, or of the client that you pass, and whether Redis runs.',
  WRONGTYPE: FOREIGN_CONTENT,
  [FOREIGN]: FOREIGN_CONTENT,
  OOM: 'Give Redis more memory, or let it evict something else.',
  MISCONF: 'Look at the disk of the server: it cannot save its data.',
  READONLY:
    'This server is a replica. Connect to the primary, or through Sentinel or Cluster, which follow it.',
  CROSSSLOT: CLUSTER,
  MOVED: CLUSTER,
};
