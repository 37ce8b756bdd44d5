import { StoreError, type StoreErrorKind } from '@leased-jobs/core';

/**
 * What a request to Azure has thrown, as the seam wants it. Nothing of the original is kept: it holds the request with
 * its URL and its headers, in which the secrets are.
 *
 * @param oneTry whether what failed was sent once. A client that sends again by itself proves nothing by its last try.
 */
export function azureStoreError(thrown: unknown, where: string, oneTry: boolean): StoreError {
  const { code, status } = failureOf(thrown);
  const kind = kindOf(thrown, code, status);
  const applied = oneTry && provesNothingApplied(code, status) ? 'no' : 'unknown';
  const told = [status, code].filter((part) => part !== undefined).join(' ') || messageOf(thrown);
  return new StoreError(
    `The leases in ${where} could not be reached: ${told}. ${HELP[code ?? ''] ?? GENERAL_HELP[kind]}`,
    { kind, applied },
  );
}

/** Azure's own name for what went wrong (`LeaseAlreadyPresent`), or the system's (`ECONNREFUSED`). */
export function failureCode(thrown: unknown): string | undefined {
  return failureOf(thrown).code;
}

/** The time at the store when it refused; `undefined` if it was not Azure that answered. */
export function failureDate(thrown: unknown): Date | undefined {
  const date = headersOf(thrown)?.get('date');
  return date ? new Date(date) : undefined;
}

function failureOf(thrown: unknown): {
  readonly code: string | undefined;
  readonly status: number | undefined;
} {
  const { code, statusCode, details } = fieldsOf(thrown);
  const status = typeof statusCode === 'number' ? statusCode : undefined;
  const { errorCode } = fieldsOf(details);
  const told = headersOf(thrown)?.get('x-ms-error-code') ?? errorCode ?? code;
  if (typeof told === 'string' && PLAIN_WORD.test(told)) return { code: told, status };
  return { code: status === undefined ? undefined : CODE_OF_STATUS[status], status };
}

function kindOf(thrown: unknown, code: string | undefined, status: number | undefined): StoreErrorKind {
  if (DENIED.has(code ?? '') || status === 401 || status === 403 || isCredentialFailure(thrown))
    return 'denied';
  if (TRANSIENT.has(code ?? '') || status === undefined || status >= 500 || status === 408 || status === 429)
    return 'transient';
  return 'invalid';
}

/** What Azure refuses as a mistake of ours, it has not carried out; what was never connected, has not arrived. */
function provesNothingApplied(code: string | undefined, status: number | undefined): boolean {
  if (status === undefined) return NOT_CONNECTED.has(code ?? '');
  return status >= 400 && status < 500 && status !== 408;
}

/** `@azure/identity` throws these before anything is sent to the store. */
function isCredentialFailure(thrown: unknown): boolean {
  return thrown instanceof Error && CREDENTIAL_FAILURE.test(thrown.name);
}

function messageOf(thrown: unknown): string {
  const message =
    thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : 'something that is no Error';
  return redacted(message.split('\n', 1)[0] ?? '').slice(0, MAX_MESSAGE);
}

/** A text without account keys, signatures and tokens. */
export function redacted(text: string): string {
  return text.replaceAll(SECRET, '$1…');
}

function headersOf(thrown: unknown): { get(name: string): string | undefined } | undefined {
  const { headers } = fieldsOf(fieldsOf(thrown)['response']);
  return typeof fieldsOf(headers)['get'] === 'function'
    ? (headers as { get(name: string): string | undefined })
    : undefined;
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

const PLAIN_WORD = /^\w+$/;
const SECRET = /((?:AccountKey|SharedAccessSignature|\bsig)=|(?:SharedKey|Bearer)\s+)[^\s;&"']+/gi;
const CREDENTIAL_FAILURE =
  /^(Authentication|AuthenticationRequired|AggregateAuthentication|CredentialUnavailable)Error$/;
const MAX_MESSAGE = 300;

/** For answers that a proxy has robbed of their code, and for those without a body. */
const CODE_OF_STATUS: Readonly<Record<number, string>> = { 404: 'BlobNotFound', 412: 'ConditionNotMet' };

/** With another status than 401 and 403. */
const DENIED = new Set(['PublicAccessNotPermitted', 'ResourceNotFound', 'NoAuthenticationInformation']);
/** With a status that usually means a mistake. */
const TRANSIENT = new Set([
  'AccountBeingCreated',
  'BlobBeingRehydrated',
  'ContainerBeingDeleted',
  'ContainerDisabled',
  'OperationTimedOut',
]);
const NOT_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

const CREDENTIALS =
  'Azure does not know these credentials. Look whether the account key or the SAS is complete and has not expired, ' +
  "and at this machine's clock: more than 15 minutes off is refused as well.";
const RIGHTS =
  'These credentials lack a right. Give the identity the role "Storage Blob Data Contributor", or the SAS the ' +
  'permissions r, w and l on the container.';
const NO_HOST = "There is no such host. Look at the account's name and at the DNS.";
const HELP: Readonly<Record<string, string>> = {
  AuthenticationFailed: CREDENTIALS,
  InvalidAuthenticationInfo: CREDENTIALS,
  NoAuthenticationInformation: CREDENTIALS,
  PublicAccessNotPermitted: CREDENTIALS,
  ResourceNotFound: CREDENTIALS,
  AuthorizationFailure:
    'Azure refuses these credentials there. Look whether the account key or the SAS is complete, not expired and meant ' +
    'for this container, whether it may read and write, and at the firewall of the account.',
  AuthorizationPermissionMismatch: RIGHTS,
  AuthorizationResourceTypeMismatch: `${RIGHTS} An account SAS needs the resource types c and o.`,
  AuthorizationServiceMismatch: `${RIGHTS} An account SAS needs the service b.`,
  AuthorizationSourceIPMismatch: 'The SAS is not for the address of this machine.',
  InsufficientAccountPermissions: RIGHTS,
  AccountIsDisabled: 'The account is disabled. Look at its subscription.',
  BlobImmutableDueToPolicy: 'The container is immutable. Give the leases one that may be written.',
  ENOTFOUND: NO_HOST,
  EAI_AGAIN: NO_HOST,
  ECONNREFUSED: 'Nobody listens there. Look at the address of the account, and at the firewalls in between.',
};
const GENERAL_HELP: Readonly<Record<StoreErrorKind, string>> = {
  denied: CREDENTIALS,
  invalid: 'Azure cannot do what was asked. Look at the kind of the account and of the container.',
  transient: 'Look at the network and at the state of the account.',
};
