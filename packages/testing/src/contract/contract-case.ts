import { Bench } from './bench.js';
import type { ContractHarness } from './contract-harness.js';

/** One property of a provider, and the means to see whether it holds. */
export interface ContractCase {
  /** Which sentence of the contract it tests. Several cases may test one. */
  readonly id: ContractId;
  /** A sentence about behaviour. */
  readonly title: string;
  /**
   * Resolves if the property holds, and rejects with an `AssertionError` if it does not. The lock's name must be
   * new to the store, at most 100 bytes long, and no prefix of the name given to another case.
   */
  readonly run: (harness: ContractHarness, lock: string) => Promise<void>;
}

export type ContractId =
  | 'C1'
  | 'C2'
  | 'C3'
  | 'C4'
  | 'C5'
  | 'C6'
  | 'C7'
  | 'C8'
  | 'C9'
  | 'C10'
  | 'C11'
  | 'C12'
  | 'C13'
  | 'C14'
  | 'C15'
  | 'C16'
  | 'C17';

export function contractCase(
  id: ContractId,
  title: string,
  check: (bench: Bench) => Promise<void>,
): ContractCase {
  return {
    id,
    title,
    async run(harness, lock) {
      const bench = new Bench(harness, lock);
      try {
        await check(bench);
      } catch (failure) {
        // What went wrong first is what the reader needs; that cleaning up then failed as well is no news.
        await bench.close().catch(() => undefined);
        throw failure;
      }
      await bench.close();
    },
  };
}
