import { StoreError, untilAborted } from '@leased-jobs/core';
import { azureStoreError, failureCode, failureDate } from './azure-store-error.js';
import type { StoreClock } from './store-clock.js';

/** What all answers of Azure carry. */
interface Dated {
  readonly date?: Date | undefined;
}

/** Sends single requests to Azure: heeds the signal, learns the time at the store, classes errors. Never sends twice. */
export class AzureRequests {
  readonly #clock: StoreClock;
  readonly #where: string;
  readonly #oneTry: boolean;

  /** @param where the container, for messages. */
  constructor(clock: StoreClock, where: string, oneTry: boolean) {
    this.#clock = clock;
    this.#where = where;
    this.#oneTry = oneTry;
  }

  /**
   * @param outcomes the refusals of Azure that are everyday events, by their code, and what to call them.
   * @throws StoreError for every other failure; the signal's reason once that has aborted.
   */
  async send<T extends Dated, O extends string = never>(
    signal: AbortSignal,
    request: () => Promise<T>,
    outcomes: Readonly<Record<string, O>> = {},
  ): Promise<T | O> {
    const sentAt = this.#clock.local();
    try {
      const answer = await untilAborted(signal, request);
      this.#clock.learn(answer.date, sentAt);
      return answer;
    } catch (thrown) {
      if (signal.aborted) throw signal.reason;
      if (thrown instanceof StoreError) throw thrown;
      this.#clock.learn(failureDate(thrown), sentAt);
      const outcome = Object.hasOwn(outcomes, failureCode(thrown) ?? '')
        ? outcomes[failureCode(thrown) ?? '']
        : undefined;
      if (outcome !== undefined) return outcome;
      throw azureStoreError(thrown, this.#where, this.#oneTry);
    }
  }
}
