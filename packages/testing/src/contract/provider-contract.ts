import type { ContractCase } from './contract-case.js';
import { closingCases } from './cases/closing.js';
import { expiryCases } from './cases/expiry.js';
import { grantCases } from './cases/grants.js';
import { holdOffAndPauseCases } from './cases/hold-off-and-pause.js';
import { nameCases } from './cases/names.js';
import { ownershipCases } from './cases/ownership.js';
import { releaseNoteCases } from './cases/release-notes.js';
import { slotCases } from './cases/slots.js';
import { troubleCases } from './cases/trouble.js';

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
export const providerContract: readonly ContractCase[] = [
  ...grantCases,
  ...ownershipCases,
  ...expiryCases,
  ...troubleCases,
  ...nameCases,
  ...closingCases,
  ...slotCases,
  ...holdOffAndPauseCases,
  ...releaseNoteCases,
];
