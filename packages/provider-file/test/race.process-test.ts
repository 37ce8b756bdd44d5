import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { LeaseGrant, LeaseRefusal } from '@leased-jobs/core';
import { Instance } from './support/instance.js';
import { temporaryFolder } from './support/temporary-folder.js';

const RACERS = 8;
const ROUNDS = 250;

describe('processes that race for a lock on a real file system', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let racers: readonly ChildProcess[] = [];

  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(async () => {
    await Promise.all(racers.map(ended));
    folder.remove();
  });

  async function start(count: number): Promise<void> {
    const script = join(import.meta.dirname, 'support', 'racer.mjs');
    racers = Array.from({ length: count }, () =>
      fork(script, [join(folder.path, 'leases'), join(folder.path, 'guarded')], { execArgv: [] }),
    );
    await Promise.all(racers.map((racer) => once(racer, 'message')));
  }

  it('has one winner in every round, with a token that grows', async () => {
    await start(RACERS);
    let last = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const answers = await Promise.all(
        racers.map((racer) => ask<Attempt>(racer, { task: 'acquire', lock: 'news' })),
      );
      const winners = answers.flatMap(({ answer }, i) => ('refused' in answer ? [] : [{ i, grant: answer }]));
      expect({ round, winners: winners.length }).toEqual({ round, winners: 1 });
      for (const { i, grant } of winners) {
        expect(grant.fencingToken).toBeGreaterThan(last);
        last = grant.fencingToken;
        await ask(racers[i], { task: 'release' });
      }
    }
  }, 60_000);

  it('never has two of them inside at once, while all come and go as fast as they can', async () => {
    await start(RACERS);
    const contend = { task: 'contend', lock: 'news', duration: 3_000 };
    const results = await Promise.all(racers.map((racer) => ask<Contention>(racer, contend)));
    const tokens = results.flatMap((result) => result.tokens);
    expect(results.flatMap((result) => result.overlaps)).toEqual([]);
    expect(new Set(tokens).size).toBe(tokens.length);
    expect(tokens.length).toBeGreaterThan(50);
  }, 60_000);

  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'frees the lock of one that %s has ended',
    async (signal) => {
      await start(1);
      await ask(racers[0], { task: 'acquire', lock: 'news' });
      const witness = await Instance.open(join(folder.path, 'leases'));
      expect(await witness.acquire()).toMatchObject({ refused: 'held', holder: `${racers[0]?.pid}` });
      racers[0]?.kill(signal);
      await once(racers[0] as ChildProcess, 'exit');
      expect((await witness.granted()).fencingToken).toBe(2);
    },
    20_000,
  );

  it('does not take the lock from one that is stopped', async () => {
    await start(1);
    await ask(racers[0], { task: 'acquire', lock: 'news' });
    racers[0]?.kill('SIGSTOP');
    const witness = await Instance.open(join(folder.path, 'leases'));
    expect(await witness.acquire()).toMatchObject({ refused: 'held' });
    racers[0]?.kill('SIGCONT');
    await ask(racers[0], { task: 'release' });
    expect((await witness.granted()).fencingToken).toBeGreaterThan(1);
  }, 20_000);
});

interface Attempt {
  readonly answer: LeaseGrant | LeaseRefusal;
}

interface Contention {
  readonly tokens: readonly number[];
  readonly overlaps: readonly string[];
}

async function ask<T>(racer: ChildProcess | undefined, order: object): Promise<T> {
  if (!racer) throw new Error('There is no such racer.');
  const answered = once(racer, 'message');
  racer.send(order);
  return (await answered)[0] as T;
}

async function ended(racer: ChildProcess): Promise<void> {
  if (racer.exitCode !== null || racer.signalCode !== null) return;
  const exit = once(racer, 'exit');
  racer.kill('SIGKILL');
  await exit;
}
