import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  checkHistory,
  type Cluster,
  type ClusterOptions,
  type Entry,
  formatViolations,
  hostTime,
  startCluster,
} from '../../src/index.js';

const SCRIPT = new URL('unsafe-instance.mjs', import.meta.url);

// Longer than every wait below, so that a wait that fails can say what it waited for.
jest.setTimeout(30_000);

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cluster-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

async function start(options: Partial<ClusterOptions> = {}): Promise<Cluster> {
  return startCluster({ script: SCRIPT, instances: 1, directory, ...options });
}

async function untilRuns(cluster: Cluster, count: number): Promise<void> {
  await cluster.waitFor((history) => endsIn(history).length >= count, { timeout: 10_000 });
}

function endsIn(history: readonly Entry[], instance?: string): readonly Entry[] {
  return history.filter(
    (entry) => entry.kind === 'run-ended' && entry.instance === (instance ?? entry.instance),
  );
}

function kindsOf(history: readonly Entry[], instance: string): readonly string[] {
  return history.filter((entry) => entry.instance === instance).map(({ kind }) => kind);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('the history of real processes', () => {
  it('of two that know of no lease is full of violations', async () => {
    await using cluster = await start({ instances: 2 });
    await untilRuns(cluster, 20);
    await cluster.stop();
    const kinds = new Set(checkHistory(cluster.history()).map(({ kind }) => kind));
    expect(kinds).toContain('runs-overlap');
    // Which of them depends on whether the two have started at the same moment.
    for (const family of ['token-', 'slot-']) {
      expect([...kinds].filter((kind) => kind.startsWith(family))).not.toEqual([]);
    }
  });

  it('of one that is alone is good, through a freeze and a kill', async () => {
    await using cluster = await start();
    await untilRuns(cluster, 5);
    await cluster.instances[0]?.freeze();
    await sleep(120);
    await cluster.instances[0]?.thaw();
    await untilRuns(cluster, 10);
    await cluster.stop();
    expect(formatViolations(checkHistory(cluster.history()))).toBe('');
  });

  it('shows the gap that a freeze makes', async () => {
    await using cluster = await start();
    await untilRuns(cluster, 3);
    const from = hostTime();
    await cluster.instances[0]?.freeze();
    await sleep(1_000);
    await cluster.instances[0]?.thaw();
    await untilRuns(cluster, 6);
    const gaps = [{ job: 'newsletter', maxGap: 900, from, to: hostTime() }];
    expect(checkHistory(cluster.history(), { gaps }).map(({ kind }) => kind)).toEqual(['gap-too-long']);
  });

  it('has one order of time for all', async () => {
    await using cluster = await start({ instances: 2 });
    const before = hostTime();
    await untilRuns(cluster, 10);
    const times = cluster.history().map(({ at }) => at);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times.filter((at) => at > before && at < hostTime()).length).toBeGreaterThan(20);
  });
});

describe('an instance', () => {
  it('that is killed ends at once, and its journal can be read', async () => {
    await using cluster = await start({ instances: 2 });
    const [victim, survivor] = cluster.instances;
    await untilRuns(cluster, 4);
    expect(await victim?.kill()).toEqual({ code: null, signal: 'SIGKILL' });
    expect(isAlive(victim?.pid ?? 0)).toBe(false);
    expect(isAlive(survivor?.pid ?? 0)).toBe(true);
    expect(await victim?.exited).toEqual({ code: null, signal: 'SIGKILL' });
    expect(kindsOf(cluster.history(), 'instance-1')).toEqual(
      expect.arrayContaining(['started', 'killed', 'exited']),
    );
    expect(kindsOf(cluster.history(), 'instance-2')).not.toContain('exited');
  });

  it('that is frozen writes nothing until it is thawed', async () => {
    await using cluster = await start();
    const [instance] = cluster.instances;
    await untilRuns(cluster, 2);
    await instance?.freeze();
    const ends = endsIn(cluster.history()).length;
    await sleep(300);
    expect(endsIn(cluster.history())).toHaveLength(ends);
    await instance?.thaw();
    await untilRuns(cluster, ends + 2);
    const fates = kindsOf(cluster.history(), 'instance-1').filter(
      (kind) => kind === 'frozen' || kind === 'thawed',
    );
    expect(fates).toEqual(['frozen', 'thawed']);
  });

  it('that is terminated drains and says that it has stopped', async () => {
    await using cluster = await start();
    await untilRuns(cluster, 2);
    expect(await cluster.instances[0]?.terminate()).toEqual({ code: 0, signal: null });
    expect(kindsOf(cluster.history(), 'instance-1').slice(-2)).toEqual(['stopped', 'exited']);
  });

  it('that does not end when it is terminated is left alone, and named', async () => {
    await using cluster = await start({ args: ['deaf'] });
    const [instance] = cluster.instances;
    await expect(instance?.terminate({ timeout: 200 })).rejects.toThrow(
      /^instance-1 .* did not end within 200 ms/,
    );
    expect(isAlive(instance?.pid ?? 0)).toBe(true);
  });

  it('that has ended can be killed again, and not be frozen', async () => {
    await using cluster = await start();
    const [instance] = cluster.instances;
    await instance?.kill();
    expect(await instance?.kill()).toEqual({ code: null, signal: 'SIGKILL' });
    await expect(instance?.freeze()).rejects.toThrow('cannot be frozen: it was ended by SIGKILL');
    expect(kindsOf(cluster.history(), 'instance-1').filter((kind) => kind === 'killed')).toHaveLength(1);
  });

  it('ends of a rejection that nobody handles', async () => {
    await using cluster = await start({ args: ['reject'] });
    expect(await cluster.instances[0]?.exited).toEqual({ code: 1, signal: null });
    expect(cluster.instances[0]?.stderr()).toContain('nobody handles me');
  });

  it('gets its arguments and its environment, and not those of the test runner', async () => {
    process.env['NODE_OPTIONS'] ??= '';
    await using cluster = await start({ args: ['one', 'two'], env: { GREETING: 'hello' } });
    expect(cluster.instances[0]?.stdout()).toContain('args: one two\nenv: hello, undefined\n');
  });

  it('can be added later', async () => {
    await using cluster = await start();
    const added = await cluster.start();
    expect(cluster.instances.map(({ id }) => id)).toEqual(['instance-1', 'instance-2']);
    await cluster.waitFor((history) => endsIn(history, added.id).length > 0, { timeout: 10_000 });
  });
});

describe('a cluster', () => {
  it('that cannot start says what its instance wrote to stderr', async () => {
    await expect(start({ instances: 2, args: ['crash-at-start'] })).rejects.toThrow(
      /^instance-\d did not start: it exited with code 1. Its stderr: [^]*no store to be found/,
    );
  });

  it('whose instances never say that they have started waits for so long and ends them', async () => {
    const since = hostTime();
    await expect(start({ args: ['never-start'], startTimeout: 1_500 })).rejects.toThrow(
      'instance-1 did not start: it has not written "started" within 1500 ms. Its stderr: empty',
    );
    expect(hostTime() - since).toBeLessThan(4_000);
    const [, pid] = /pid: (\d+)/.exec(readFileSync(join(directory, 'instance-1.stdout.txt'), 'utf8')) ?? [];
    expect(Number(pid)).toBeGreaterThan(0);
    expect(isAlive(Number(pid))).toBe(false);
  });

  it('gives up starting when its signal aborts', async () => {
    const signal = AbortSignal.timeout(300);
    await expect(start({ args: ['never-start'], signal })).rejects.toThrow('aborted');
  });

  it('ends its instances when it goes out of scope, the frozen and the deaf too', async () => {
    const pids: number[] = [];
    const failing = async (): Promise<void> => {
      await using cluster = await start({ instances: 2, args: ['deaf'] });
      pids.push(...cluster.instances.map(({ pid }) => pid));
      await cluster.instances[0]?.freeze();
      expect(pids.map(isAlive)).toEqual([true, true]);
      throw new Error('this test has failed');
    };
    await expect(failing()).rejects.toThrow('this test has failed');
    expect(pids.map(isAlive)).toEqual([false, false]);
  });

  it('can be stopped twice, and not be started again', async () => {
    const cluster = await start();
    await Promise.all([cluster.stop(), cluster.stop()]);
    await cluster.stop();
    await expect(cluster.start()).rejects.toThrow('The cluster was stopped');
    expect(kindsOf(cluster.history(), 'instance-1')).toContain('killed');
  });

  it('waits for what its history shows, no longer than it may, and shows the last entries', async () => {
    await using cluster = await start();
    const first = await cluster.waitFor((history) => endsIn(history)[0], { timeout: 10_000 });
    expect(first.kind).toBe('run-ended');
    await expect(cluster.waitFor(() => null, { timeout: 100 })).rejects.toThrow(
      /^Waited 100 ms in vain. The last entries are:\n[^]*instance-1 run-ended/,
    );
  });

  it('dies with the process that owns it, even if that is killed', async () => {
    const runner = spawn(
      process.execPath,
      [fileURLToPath(new URL('doomed-runner.mjs', import.meta.url)), fileURLToPath(SCRIPT), directory],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [line] = (await once(runner.stdout, 'data', { signal: AbortSignal.timeout(10_000) })) as [Buffer];
    const pids = JSON.parse(line.toString()) as number[];
    expect(pids.map(isAlive)).toEqual([true, true]);
    runner.kill('SIGKILL');
    const deadline = hostTime() + 5_000;
    while (pids.some(isAlive) && hostTime() < deadline) await sleep(10);
    expect(pids.map(isAlive)).toEqual([false, false]);
  });
});
