import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { FileOperations } from '../src/file-operations.js';
import { Instance, NEVER } from './support/instance.js';
import { interceptedFiles } from './support/intercepted-files.js';
import { temporaryFolder } from './support/temporary-folder.js';

describe('the generations of a lock', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let other: Instance;
  const generations = (): readonly number[] =>
    readdirSync(join(folder.path, 'news'))
      .map((name) => Number.parseInt(name, 10))
      .toSorted((a, b) => a - b);

  beforeEach(async () => {
    folder = temporaryFolder();
    other = await Instance.open(folder.path);
  });
  afterEach(() => folder.remove());

  /** An instance that runs `meanwhile` once, before or after its first step of that kind. */
  async function interrupted(
    moment: 'before' | 'after',
    step: keyof FileOperations,
    meanwhile: () => Promise<unknown>,
  ): Promise<Instance> {
    let armed = false;
    const files = interceptedFiles(async (name, path, run) => {
      const strikes = armed && name === step && path.includes('news');
      if (strikes) armed = false;
      if (strikes && moment === 'before') await meanwhile();
      const answer = await run();
      if (strikes && moment === 'after') await meanwhile();
      return answer;
    });
    const instance = await Instance.open(folder.path, { files });
    armed = true;
    return instance;
  }

  async function holdOften(times: number): Promise<void> {
    for (let n = 0; n < times; n++) await other.holdOnce();
  }

  it('are as many as changes, and the last few are kept', async () => {
    await other.granted();
    expect(generations()).toEqual([1]);
    await other.provider.setPaused('news', 'job', true, NEVER);
    await other.provider.setPaused('news', 'job', false, NEVER);
    expect(generations()).toEqual([1, 2, 3]);
    for (let n = 0; n < 20; n++) await other.provider.setPaused('news', 'job', true, NEVER);
    expect(generations()).toEqual([15, 16, 17, 18, 19, 20, 21, 22, 23]);
    expect(readdirSync(join(folder.path, '.tmp'))).toEqual([]);
  });

  it('are told apart by who linked first', async () => {
    const slow = await interrupted('before', 'link', () => other.granted({ holder: 'the faster' }));
    expect(await slow.acquire()).toMatchObject({ refused: 'held', holder: 'the faster' });
    expect(generations()).toEqual([1]);
  });

  it('are not taken over by a link to a name that was pruned meanwhile', async () => {
    await holdOften(2);
    const slow = await interrupted('before', 'link', async () => {
      await holdOften(8);
      await other.granted({ holder: 'the present holder' });
      expect(generations()).not.toContain(5);
    });
    expect(await slow.acquire()).toMatchObject({ refused: 'held', holder: 'the present holder' });
    expect(generations()).toContain(5);
    await holdOften(0);
    expect((await other.provider.read('news', NEVER))?.lease?.holder).toBe('the present holder');
  });

  it('lose what a stale link has left with the next change', async () => {
    await holdOften(2);
    const slow = await interrupted('before', 'link', () => holdOften(8));
    const grant = await slow.granted();
    expect(grant.fencingToken).toBe(21);
    expect(generations()).toEqual([13, 14, 15, 16, 17, 18, 19, 20, 21]);
  });

  it('carry a grant that was made and built upon before its maker looked again', async () => {
    const slow = await interrupted('after', 'link', () =>
      other.provider.setPaused('news', 'another job', true, NEVER),
    );
    const grant = await slow.granted();
    expect(grant.fencingToken).toBe(1);
    expect(generations()).toEqual([1, 2, 3]);
    expect(await slow.provider.renew(grant, 10_000, NEVER)).toBe(true);
    expect((await other.provider.read('news', NEVER))?.jobs['another job']?.paused).toBe(true);
  });

  it('carry a note once, though its writer was overtaken before it looked again', async () => {
    const slow = await interrupted('after', 'link', () => other.granted({ holder: 'the next' }));
    const report = {
      instance: 'i',
      fencingToken: 1,
      slot: 5,
      startedAt: 5,
      duration: 1,
      outcome: 'succeeded',
    } as const;
    const first = await other.granted({ grantId: 'shared' });
    await slow.provider.release(first, { job: { name: 'job', slot: 5, report } }, NEVER);
    const record = await other.provider.read('news', NEVER);
    expect(record?.jobs['job']?.recent).toEqual([report]);
    expect(record?.lease?.holder).toBe('the next');
  });

  it('are read again if the newest listed one was pruned before it was read', async () => {
    await holdOften(1);
    const slow = await interrupted('before', 'read', () => holdOften(10));
    expect((await slow.provider.read('news', NEVER))?.fencingToken).toBe(21);
  });

  it('are not waited for without end where a list lags behind', async () => {
    await holdOften(1);
    const stale = interceptedFiles((step, path, run) =>
      step === 'list' && path.endsWith('news')
        ? (Promise.resolve(['1.json']) as ReturnType<typeof run>)
        : run(),
    );
    const instance = await Instance.open(folder.path, { files: stale });
    await other.provider.setPaused('news', 'job', true, NEVER);
    await expect(instance.provider.setPaused('news', 'job', true, NEVER)).rejects.toMatchObject({
      kind: 'transient',
      message: expect.stringContaining('lags behind'),
    });
    rmSync(join(folder.path, 'news', '1.json'));
    await expect(instance.acquire()).rejects.toMatchObject({ kind: 'transient' });
  });

  it('do not include what is not named like one', async () => {
    await holdOften(1);
    for (const name of ['0.json', '007.json', '9.json.bak', 'x.json', '99999999999999999999.json']) {
      writeFileSync(join(folder.path, 'news', name), '');
    }
    expect((await other.granted()).fencingToken).toBe(3);
  });

  describe('of which the newest is damaged', () => {
    const damage = (generation: number, text = ''): void => {
      writeFileSync(join(folder.path, 'news', `${generation}.json`), text);
    };

    it('go on from its number once the last known ttl has passed, with the jobs as last known', async () => {
      const grant = await other.granted({ ttl: 200 });
      await other.provider.release(grant, { job: { name: 'job', slot: 5 } }, NEVER);
      await other.granted({ ttl: 200 });
      damage(3);
      expect(await other.acquire()).toMatchObject({
        refused: 'held',
        holder: 'unknown (its record is damaged)',
      });
      await new Promise((resolve) => setTimeout(resolve, 250));
      const next = await other.granted({ job: { name: 'job', slot: 9, mark: 'at-release', tolerance: 0 } });
      expect(next).toMatchObject({ fencingToken: 4, lastSlot: 5 });
    });

    it('tell no holder that its lease is lost, nor that it is not', async () => {
      const grant = await other.granted();
      damage(1, '\0\0\0\0');
      const unknown = { kind: 'invalid', applied: 'no' };
      await expect(other.provider.renew(grant, 10_000, NEVER)).rejects.toMatchObject(unknown);
      await expect(other.provider.release(grant, {}, NEVER)).rejects.toMatchObject(unknown);
    });

    it('are looked through for an intact one, past others that are damaged', async () => {
      await other.provider.setPaused('news', 'job', true, NEVER);
      await holdOften(2);
      for (const generation of [3, 4, 5]) damage(generation);
      const record = await other.provider.read('news', NEVER);
      expect(record).toMatchObject({ fencingToken: 5, jobs: { job: { paused: true } } });
    });
  });

  it('refuse a record of another lock as invalid', async () => {
    await holdOften(1);
    mkdirSync(join(folder.path, 'olds'));
    writeFileSync(join(folder.path, 'olds', '1.json'), readFileSync(join(folder.path, 'news', '2.json')));
    await expect(other.acquire({ lock: 'olds' })).rejects.toMatchObject({ kind: 'invalid', applied: 'no' });
  });
});
