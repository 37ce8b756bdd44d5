import { type ConfigurationError, type LeaseLimits, type LeaseProvider, MAX_DELAY } from '@leased-jobs/core';

/**
 * Stands in for the provider of an app whose settings are wrong. The app fails as soon as all its modules have been
 * made and everything that is wrong is known; whoever asks for a lease before that is told what is known by then.
 */
export class UnusableProvider implements LeaseProvider {
  readonly name: string;
  /** Without limits: what the app's ttl is refused for is not told again for each job. */
  readonly limits: LeaseLimits = { minTtl: 1, maxTtl: MAX_DELAY, granularity: 0, excludes: 'process' };
  readonly #error: () => ConfigurationError;
  readonly #provider: LeaseProvider | undefined;

  constructor(error: () => ConfigurationError, provider: LeaseProvider | undefined) {
    this.name = provider?.name ?? 'missing';
    this.#error = error;
    this.#provider = provider;
  }

  readonly acquire = (): Promise<never> => Promise.reject(this.#error());
  readonly renew = (): Promise<never> => Promise.reject(this.#error());
  readonly release = (): Promise<never> => Promise.reject(this.#error());
  readonly setPaused = (): Promise<never> => Promise.reject(this.#error());
  readonly read = (): Promise<never> => Promise.reject(this.#error());

  // oxlint-disable-next-line require-yield
  async *list(): AsyncIterable<never> {
    throw this.#error();
  }

  async close(): Promise<void> {
    await this.#provider?.close();
  }
}
