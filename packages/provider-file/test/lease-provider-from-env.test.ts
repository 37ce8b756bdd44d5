import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { leaseProviderFromEnv } from '../src/index.js';
import { NEVER } from './support/instance.js';
import { temporaryFolder } from './support/temporary-folder.js';

describe('the provider of an environment', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => folder.remove());

  it('keeps its leases in LEASED_JOBS_DIRECTORY', async () => {
    const directory = join(folder.path, 'mine');
    const provider = await leaseProviderFromEnv({ LEASED_JOBS_DIRECTORY: ` ${directory} ` });
    await provider.setPaused('news', 'job', true, NEVER);
    expect(existsSync(join(directory, 'news', '1.json'))).toBe(true);
  });

  it('says which folder cannot be had, and what to do', async () => {
    const directory = join(folder.path, 'file');
    writeFileSync(directory, '');
    await expect(leaseProviderFromEnv({ LEASED_JOBS_DIRECTORY: directory })).rejects.toMatchObject({
      name: 'ConfigurationError',
      message: expect.stringMatching(/file": it is not a folder .* Set LEASED_JOBS_DIRECTORY/),
    });
  });
});
