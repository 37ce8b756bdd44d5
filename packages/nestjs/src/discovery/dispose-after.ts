import { asError } from '@leased-jobs/core';

/**
 * Does the work, and then disposes of what it has used, one after the other: of what has a `Symbol.asyncDispose`, or a
 * `Symbol.dispose`. All of it gets its turn, whatever fails.
 *
 * @param used Asked for when the work has ended, however it has.
 * @throws what the work throws, or else what a disposal throws, or one error for several of them.
 */
export async function disposeAfter(work: () => Promise<void>, used: () => readonly object[]): Promise<void> {
  const thrown: unknown[] = [];
  const attempt = async (step: () => unknown): Promise<void> => {
    try {
      await step();
    } catch (error) {
      thrown.push(error);
    }
  };
  await attempt(work);
  for (const object of used()) await attempt(() => dispose(object));
  if (thrown.length === 1) throw thrown[0];
  if (thrown.length === 0) return;
  const messages = thrown.map((error) => asError(error).message).join(' – and at its disposal: ');
  throw new AggregateError(thrown, messages, { cause: thrown[0] });
}

function dispose(object: Partial<AsyncDisposable & Disposable>): unknown {
  if (typeof object[Symbol.asyncDispose] === 'function') return object[Symbol.asyncDispose]?.();
  return typeof object[Symbol.dispose] === 'function' ? object[Symbol.dispose]?.() : undefined;
}
