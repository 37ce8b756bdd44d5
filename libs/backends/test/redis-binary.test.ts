import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { redisBinary } from '../src/redis-binary.js';

describe('the redis-server of this machine', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'leased-jobs-bin-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const put = async (): Promise<void> => {
    await writeFile(join(folder, 'redis-server'), '#!/bin/sh');
    await chmod(join(folder, 'redis-server'), 0o755);
  };
  const failure = (install: (() => Promise<unknown>) | null): Promise<unknown> =>
    redisBinary({ folders: [folder], install }).catch((thrown: unknown) => thrown);

  it('is the first that is found, and nothing is installed then', async () => {
    await put();
    const install = (): Promise<never> => Promise.reject(new Error('installed'));
    expect(await redisBinary({ folders: ['/nowhere', folder], install })).toBe(join(folder, 'redis-server'));
  });

  it('is installed where there is none, if that can be done', async () => {
    expect(await redisBinary({ folders: [folder], install: put })).toBe(join(folder, 'redis-server'));
  });

  it.each([
    ['it cannot be installed', null],
    ['its installation fails', () => Promise.reject(new Error('no network'))],
    ['its installation brings none', () => Promise.resolve()],
  ])('is missing, in one sentence that says how else to get one, where %s', async (_, install) => {
    const { message } = (await failure(install)) as Error;
    expect(message).toContain('There is no redis-server on this machine');
    expect(message).toContain('"docker compose up -d" and set REDIS_URL=redis://127.0.0.1:6379');
    expect(message).not.toContain('\n');
  });

  it('keeps why its installation has failed', async () => {
    const cause = new Error('no network');
    expect(await failure(() => Promise.reject(cause))).toMatchObject({ cause });
  });
});
