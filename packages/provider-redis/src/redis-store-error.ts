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
  const message = withoutSecrets(error.message);
  const code = replyCode(message) ?? systemCode(error);
  const kind = kindOf(code, message);
  const refused = NOT_DONE.has(code) || NOT_SENT.test(message);
  return new StoreError(`${WHAT[kind]}: ${message.replace(/\.$/, '')}. ${adviceFor(code, kind)}`, {
    kind,
    applied: sent && !refused ? 'unknown' : 'no',
    cause: bareCopy(error, message),
  });
}

export function isNoScript(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.message.startsWith('NOSCRIPT');
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

function adviceFor(code: string, kind: StoreErrorKind): string {
  return ADVICE[code] ?? ADVICE[kind] ?? '';
}

const DENIED = new Set(['NOAUTH', 'WRONGPASS', 'NOPERM', 'DENIED']);
const DENIED_MESSAGE = /^ERR (invalid password|Client sent AUTH|AUTH )/i;
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

const ADVICE: Readonly<Record<string, string>> = {
  transient: 'Look at the server and at the network in between.',
  denied: 'Check the user and the password, and the rights that the README of this package lists.',
  invalid: 'Look at what the address leads to.',
  WRONGTYPE:
    'Keys that begin with "leased-jobs:" are for leases only. Look at what stands there; nothing was changed.',
  [FOREIGN]:
    'Keys that begin with "leased-jobs:" are for leases only. Look at what stands there; nothing was changed.',
  OOM: 'Give Redis more memory, or let it evict something else.',
  MISCONF: 'Look at the disk of the server: it cannot save its data.',
  READONLY:
    'This server is a replica. Connect to the primary, or through Sentinel or Cluster, which follow it.',
  CROSSSLOT: 'This is a Cluster: pass a `Cluster` client.',
  MOVED: 'This is a Cluster: pass a `Cluster` client.',
};
