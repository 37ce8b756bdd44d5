import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { StoreError } from '@leased-jobs/core';
import { nodeFileOperations } from '../src/file-operations.js';
import type { LockDocument } from '../src/lock-document.js';
import type { ProcessProber } from '../src/process-prober.js';
import { Instance, NEVER } from './support/instance.js';
import { interceptedFiles, systemError } from './support/intercepted-files.js';
import { ManualHostClock } from './support/manual-host-clock.js';
import { temporaryFolder } from './support/temporary-folder.js';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

describe('the time of a lease', () => {
  it('is counted by the clock of the host, and never ends early for its coarseness', async () => {
    const clock = new ManualHostClock();
    const [a, b] = [await Instance.open(folder.path, { clock }), await Instance.open(folder.path, { clock })];
    await a.granted({ ttl: 1_000 });
    clock.advance(1_000);
    expect(await b.acquire()).toMatchObject({ refused: 'held' });
    clock.advance(clock.step);
    expect((await b.granted()).fencingToken).toBe(2);
  });

  it('is told as it was asked for, to whoever is refused and to whoever reads', async () => {
    const clock = new ManualHostClock();
    const a = await Instance.open(folder.path, { clock });
    await a.granted({ ttl: 10_000, holder: 'web-1' });
    expect(await a.acquire()).toEqual({
      refused: 'held',
      holder: 'web-1',
      expiresIn: 10_000,
      retryAfter: 250,
    });
    expect((await a.provider.read('news', NEVER))?.lease).toEqual({ holder: 'web-1', expiresIn: 10_000 });
    clock.advance(9_900);
    expect(await a.acquire()).toMatchObject({ expiresIn: 100, retryAfter: 110 });
  });

  it('is not moved by steps of the wall clock', async () => {
    const clock = new ManualHostClock();
    const a = await Instance.open(folder.path, { clock });
    const grant = await a.granted({ ttl: 1_000 });
    clock.stepWall(3_600_000);
    expect(await a.acquire()).toMatchObject({ refused: 'held' });
    expect(await a.provider.renew(grant, 1_000, NEVER)).toBe(true);
  });

  it('begins anew with our first sight of it after a reboot, and then ends', async () => {
    const before = await Instance.open(folder.path, { clock: new ManualHostClock('boot 1') });
    await before.granted({ ttl: 1_000 });
    const clock = new ManualHostClock('boot 2');
    clock.advance(-999_000);
    const after = await Instance.open(folder.path, { clock });
    expect(await after.acquire()).toMatchObject({ refused: 'held' });
    clock.advance(1_000);
    expect(await after.acquire()).toMatchObject({ refused: 'held' });
    clock.advance(40);
    expect((await after.granted()).fencingToken).toBe(2);
  });

  it('goes on while the holder renews it from another host of a shared folder', async () => {
    const [here, there] = [new ManualHostClock('here'), new ManualHostClock('there')];
    const [a, b] = [
      await Instance.open(folder.path, { clock: here }),
      await Instance.open(folder.path, { clock: there }),
    ];
    const grant = await a.granted({ ttl: 1_000 });
    for (let n = 0; n < 4; n++) {
      expect(await b.acquire()).toMatchObject({ refused: 'held' });
      for (const clock of [here, there]) clock.advance(700);
      expect(await a.provider.renew(grant, 1_000, NEVER)).toBe(true);
    }
    await b.provider.setPaused('news', 'job', true, NEVER);
    expect(await a.provider.renew(grant, 1_000, NEVER)).toBe(true);
  });
});

describe('a slot in the future', () => {
  const slotIn = (ms: number) => ({
    job: { name: 'job', slot: Date.now() + ms, mark: 'at-acquire', tolerance: 30_000 } as const,
  });

  it('is refused by the clock of the file system, though the asker believes otherwise', async () => {
    const clock = new ManualHostClock();
    clock.stepWall(3_600_000);
    const misled = await Instance.open(folder.path, { clock });
    expect(await misled.acquire(slotIn(3_600_000))).toMatchObject({ refused: 'ahead' });
    expect(await misled.provider.read('news', NEVER)).toBeNull();
    expect(readdirSync(join(folder.path, '.tmp'))).toEqual([]);
    expect((await misled.granted(slotIn(0))).fencingToken).toBe(1);
  });
});

describe('the lock of a holder that has died', () => {
  const holder = { space: 'here', pid: 7, startTime: '1' };
  const prober = (self: typeof holder, isDead: boolean): ProcessProber => ({
    self,
    isDead: (other) => isDead && other.pid === holder.pid,
  });

  it('is free at once, and nobody is told that it is held', async () => {
    const a = await Instance.open(folder.path, { processes: prober(holder, false) });
    const b = await Instance.open(folder.path, { processes: prober({ ...holder, pid: 8 }, true) });
    await a.granted({ ttl: 3_600_000 });
    expect((await b.provider.read('news', NEVER))?.lease).toBeNull();
    expect((await b.granted()).fencingToken).toBe(2);
  });

  it('stays held while the holder lives, also after somebody else has written', async () => {
    const a = await Instance.open(folder.path, { processes: prober(holder, false) });
    const b = await Instance.open(folder.path, { processes: prober({ ...holder, pid: 8 }, false) });
    await a.granted();
    await b.provider.setPaused('news', 'job', true, NEVER);
    expect(await b.acquire()).toMatchObject({ refused: 'held' });
    const { process } = JSON.parse(readFileSync(join(folder.path, 'news', '2.json'), 'utf8')) as LockDocument;
    expect(process).toEqual(holder);
  });
});

describe('a failing file system', () => {
  it.each([
    ['list', 'EACCES', 'denied', 'no'],
    ['create', 'ENOSPC', 'transient', 'no'],
    ['create', 'EROFS', 'denied', 'no'],
    ['list', 'EMFILE', 'transient', 'no'],
    ['list', 'ENOTDIR', 'invalid', 'no'],
    ['link', 'ENOSPC', 'transient', 'no'],
    ['link', 'EIO', 'transient', 'unknown'],
  ] as const)(
    'that fails to %s with %s is an error of the kind %s, applied: %s',
    async (failing, code, kind, applied) => {
      let armed = false;
      const files = interceptedFiles((step, _path, run) =>
        armed && step === failing ? Promise.reject(systemError(code)) : run(),
      );
      const a = await Instance.open(folder.path, { files });
      armed = true;
      const failure = a.acquire();
      await expect(failure).rejects.toThrow(StoreError);
      await expect(failure).rejects.toMatchObject({ kind, applied });
      armed = false;
      expect((await a.granted()).fencingToken).toBe(1);
      expect(readdirSync(join(folder.path, '.tmp'))).toEqual([]);
    },
  );

  it('that fails after the link leaves it unknown whether the lock was granted', async () => {
    let linked = false;
    const files = interceptedFiles(async (step, path, run) => {
      if (step === 'list' && linked) throw systemError('ENOSPC');
      linked ||= step === 'link' && path.includes('news');
      return run();
    });
    const a = await Instance.open(folder.path, { files });
    await expect(a.acquire({ grantId: 'mine' })).rejects.toMatchObject({ applied: 'unknown' });
    linked = false;
    expect((await (await Instance.open(folder.path)).granted({ grantId: 'mine' })).fencingToken).toBe(1);
  });

  it('that hangs is left when the signal aborts, and what it does later grants nothing', async () => {
    let thaw = (): void => {};
    let frozen: Promise<void> | null = null;
    const files = interceptedFiles(async (step, _path, run) => {
      if (step === 'create') await frozen;
      return run();
    });
    const a = await Instance.open(folder.path, { files });
    frozen = new Promise((resolve) => (thaw = resolve));
    const controller = new AbortController();
    const attempt = a.acquire({}, controller.signal);
    setTimeout(() => {
      controller.abort(new Error('given up'));
    }, 10);
    await expect(attempt).rejects.toThrow('given up');
    thaw();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await a.provider.read('news', NEVER)).toBeNull();
    expect(readdirSync(join(folder.path, '.tmp'))).toEqual([]);
  });

  it('is not taken for an abort because the reason of a signal has a code', async () => {
    const a = await Instance.open(folder.path);
    const reason = systemError('ETIMEDOUT');
    await expect(a.acquire({}, AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it('that cannot remove old files does not take back what was granted', async () => {
    const files = { ...nodeFileOperations, remove: () => Promise.reject(systemError('EBUSY')) };
    const a = await Instance.open(folder.path, { files });
    for (let n = 0; n < 10; n++) await a.holdOnce();
    expect((await a.granted()).fencingToken).toBe(21);
  });
});

describe('the file provider', () => {
  it('lists long names too, and passes over what is not a lock', async () => {
    const a = await Instance.open(folder.path);
    const long = 'Ä'.repeat(128);
    for (const lock of ['a', 'ab', 'b', long]) await a.granted({ lock });
    writeFileSync(join(folder.path, 'Read me.txt'), '');
    const listed = async (prefix: string): Promise<string[]> => {
      const locks: string[] = [];
      for await (const { lock } of a.provider.list(prefix, NEVER)) locks.push(lock);
      return locks.toSorted();
    };
    expect(await listed('a')).toEqual(['a', 'ab']);
    expect(await listed('Ä')).toEqual([long]);
    expect(await listed('')).toEqual(['a', 'ab', 'b', long]);
  });

  it('answers nothing once it is closed', async () => {
    const a = await Instance.open(folder.path);
    const grant = await a.granted();
    await a.provider.close();
    await a.provider.close();
    const calls = [
      a.acquire(),
      a.provider.renew(grant, 1_000, NEVER),
      a.release(grant),
      a.provider.read('news', NEVER),
      a.provider.setPaused('news', 'job', true, NEVER),
      a.provider.list('', NEVER)[Symbol.asyncIterator]().next(),
    ];
    for (const call of await Promise.allSettled(calls)) {
      expect(call).toMatchObject({ status: 'rejected', reason: { code: 'LEASE_STORE', applied: 'no' } });
    }
  });
});
