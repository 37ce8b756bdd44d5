import { StoreError, type StoreErrorKind } from '@leased-jobs/core';
import { errorCode, errorMessage } from './file-operations.js';

/** What the file system has thrown, as the seam wants it. `applied` tells whether something may have been linked. */
export function fileStoreError(thrown: unknown, path: string, applied: 'no' | 'unknown'): unknown {
  const code = errorCode(thrown);
  if (thrown instanceof StoreError) {
    return new StoreError(thrown.message, { kind: thrown.kind, applied, cause: thrown.cause });
  }
  // No trouble with the store, but with this code.
  if (code === undefined) return thrown;
  const kind = DENIED.has(code) ? 'denied' : INVALID.has(code) ? 'invalid' : 'transient';
  return new StoreError(
    `The leases in "${path}" could not be reached: ${errorMessage(thrown)}. ${HELP[kind]}`,
    {
      kind,
      applied,
      cause: thrown,
    },
  );
}

/** Codes with which a link has certainly not been made. Of others, such as EIO, only the answer may have been lost. */
export function provesNoLink(thrown: unknown): boolean {
  return NOT_LINKED.has(errorCode(thrown) ?? '');
}

const DENIED = new Set(['EACCES', 'EPERM', 'EROFS']);
const INVALID = new Set([
  'ENOTDIR',
  'EISDIR',
  'ELOOP',
  'ENAMETOOLONG',
  'EXDEV',
  'EMLINK',
  'ENOSYS',
  'ENOTSUP',
]);
const NOT_LINKED = new Set([
  ...DENIED,
  ...INVALID,
  'ENOSPC',
  'EDQUOT',
  'ENOENT',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
]);

const HELP: Readonly<Record<StoreErrorKind, string>> = {
  denied: 'Give this user the right to read and write the folder.',
  invalid: 'Look at what stands at that path; the folder is for leases only.',
  transient: 'Look at the disk: space, open files, mounts.',
};
