import { afterAll, describe, it } from '@jest/globals';
import { providerContract } from '@leased-jobs/testing';
import { fileHarness } from './support/contract-harness.js';
import { temporaryFolder } from './support/temporary-folder.js';

describe('the file provider', () => {
  const folder = temporaryFolder();
  const harness = fileHarness(folder.path);
  afterAll(() => folder.remove());

  for (const [n, { id, title, run }] of providerContract.entries()) {
    it(`${id}: ${title}`, () => run(harness, `contract #${n}`));
  }
});
