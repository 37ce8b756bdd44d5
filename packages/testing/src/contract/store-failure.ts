import assert from 'node:assert/strict';
import type { StoreError } from '@leased-jobs/core';

/** Told by its code, for the provider may have been built with another copy of the core. */
export function isStoreError(thrown: unknown): thrown is StoreError {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'LEASE_STORE';
}

/** What the call threw; `undefined` if it answered. */
export function thrownBy(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
}

/** What the call threw. Fails if it did not throw. */
export async function failureOf(call: Promise<unknown>, message: string): Promise<unknown> {
  let answer: unknown;
  try {
    answer = await call;
  } catch (thrown) {
    return thrown;
  }
  return assert.fail(`${message}: it answered ${JSON.stringify(answer)}`);
}

/** What the call threw, which must be a `StoreError` that says what its reader needs to know. */
export async function storeErrorOf(call: Promise<unknown>, message: string): Promise<StoreError> {
  const thrown = await failureOf(call, message);
  assert.ok(isStoreError(thrown), `${message}: it threw ${String(thrown)}, which is no StoreError`);
  assert.ok(['transient', 'denied', 'invalid'].includes(thrown.kind), `it has the kind ${thrown.kind}`);
  assert.ok(['no', 'unknown'].includes(thrown.applied), `it says applied: ${thrown.applied}`);
  return thrown;
}
