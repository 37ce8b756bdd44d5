import { ConfigurationError } from '@leased-jobs/core';

/**
 * What `work` comes to, if it comes to it in time. Work that is too late goes on, and what it comes to is dropped.
 *
 * @param failure The beginning of a sentence about work that is late: `x was not loaded`.
 * @param remedy Another sentence: what to do.
 * @throws ConfigurationError after `limit` milliseconds.
 */
export async function within<T>(
  limit: number,
  work: T | Promise<T>,
  failure: string,
  remedy: string,
): Promise<Awaited<T>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new ConfigurationError(`${failure} within ${limit} ms. ${remedy}`));
    }, limit);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
