import { ConfigurationError } from '@leased-jobs/core';

/**
 * What `work` comes to.
 *
 * @throws ConfigurationError that begins with `culprit`, if `work` throws one.
 */
export function blaming<T>(culprit: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    if (!(thrown instanceof ConfigurationError)) throw thrown;
    throw new ConfigurationError(`${culprit}: ${thrown.message}`, { cause: thrown.cause });
  }
}
