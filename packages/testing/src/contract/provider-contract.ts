import type { ContractCase } from './contract-case.js';
import { grantCases } from './cases/grants.js';

/**
 * What every provider promises, as a table of cases for any test runner.
 *
 * @example
 * ```ts
 * for (const { id, title, run } of providerContract) {
 *   it(`${id}: ${title}`, () => run(harness, `contract ${randomUUID()}`));
 * }
 * ```
 */
export const providerContract: readonly ContractCase[] = [...grantCases];
