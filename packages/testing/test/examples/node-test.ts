import { describe, it } from 'node:test';
import { providerContract } from '@leased-jobs/testing';
import { memoryHarness } from '../contract/memory-harness.js';

void describe('my provider', () => {
  const harness = memoryHarness();

  for (const [n, { id, title, run }] of providerContract.entries()) {
    void it(`${id}: ${title}`, () => run(harness, `contract #${n}`));
  }
});
