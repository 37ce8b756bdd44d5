import { describe, it } from '@jest/globals';
import { providerContract } from '@leased-jobs/testing';
import { memoryHarness } from './memory-harness.js';

describe('the memory provider', () => {
  const harness = memoryHarness();

  for (const [n, { id, title, run }] of providerContract.entries()) {
    it(`${id}: ${title}`, () => run(harness, `contract #${n}`));
  }
});
