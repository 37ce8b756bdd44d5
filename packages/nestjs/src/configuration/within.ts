import { ConfigurationError } from '@leased-jobs/core';

/**
 * What `work` comes to, if it comes to it in time. Work that is too late goes on, and what it comes to is dropped.
 *
 * @throws ConfigurationError after `limit` milliseconds.
 */
export async function within<T>(limit: number, work: T | Promise<T>, failure: string): Promise<Awaited<T>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new ConfigurationError(`${failure} within ${limit} ms. Look whether its store can be reached.`));
    }, limit);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
