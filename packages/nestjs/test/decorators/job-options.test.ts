import type { Type } from '@nestjs/common';
import { MemoryLeaseProvider, MemoryStore } from '@leased-jobs/core';
import { ManualClock } from '@leased-jobs/testing';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { ExclusiveCron, ExclusiveInterval, type JobRun, StartupCoordinator } from '@leased-jobs/nestjs';
import { startApp } from '../nest-app.js';

const HOUR = 3_600_000;
let runs: JobRun[] = [];
beforeEach(() => {
  runs = [];
});

/** Instances of one cluster, with one clock. */
function cluster(provider: Type) {
  const clock = new ManualClock(Date.parse('2026-03-02T12:00:00Z'));
  const store = new MemoryStore(clock);
  const start = () =>
    startApp({ providers: [provider], options: { backend: new MemoryLeaseProvider(store), clock } });
  return { clock, start };
}

describe('the option', () => {
  it('`retry` has a method that throws called again, within its run', async () => {
    const seen: string[] = [];
    class Jobs {
      @ExclusiveInterval(HOUR, { lock: 'a', retry: { attempts: 3, delay: 1_000, backoff: 'fixed' } })
      run({ attempt, fencingToken }: JobRun): void {
        seen.push(`${attempt} under ${fencingToken} at ${clock.monotonic()}`);
        if (attempt < 3) throw new Error('not yet');
      }
    }
    const { clock, start } = cluster(Jobs);
    await start();
    await clock.advance(HOUR + 10_000);
    const [first] = seen;
    const begun = Number(first?.split(' at ')[1]);
    expect(seen).toEqual([0, 1, 2].map((n) => `${n + 1} under 1 at ${begun + n * 1_000}`));
  });

  it('`jitter` says by how much a run may begin after its slot', async () => {
    class Jobs {
      @ExclusiveCron('0 * * * *', { lock: 'exact', jitter: 0 })
      exact(run: JobRun): void {
        runs.push(run);
      }
      @ExclusiveCron('0 * * * *', { lock: 'about', jitter: 600_000 })
      about(run: JobRun): void {
        runs.push(run);
      }
    }
    const { clock, start } = cluster(Jobs);
    await start();
    await clock.advance(20 * HOUR);
    const lates = (job: string) => runs.filter((run) => run.job === job).map(({ late }) => late);
    expect(Math.max(...lates('Jobs.exact'))).toBe(0);
    expect(Math.max(...lates('Jobs.about'))).toBeLessThanOrEqual(600_000);
    // Twenty times by chance within a fifth of it: once in 10^14.
    expect(Math.max(...lates('Jobs.about'))).toBeGreaterThan(120_000);
  });

  it('`runOnStart` has the first instance begin at once, and no other', async () => {
    class Jobs {
      @ExclusiveInterval(24 * HOUR, { lock: 'a', runOnStart: true })
      run(run: JobRun): void {
        runs.push(run);
      }
    }
    const { clock, start } = cluster(Jobs);
    await start();
    await clock.advance(10_000);
    expect(runs).toHaveLength(1);
    await start();
    await clock.advance(10_000);
    expect(runs).toHaveLength(1);
  });

  it('`concurrency` has each slot run by so many instances', async () => {
    class Jobs {
      @ExclusiveInterval(HOUR, { lock: 'a', concurrency: 2 })
      run(run: JobRun): void {
        runs.push(run);
      }
    }
    const { clock, start } = cluster(Jobs);
    await Promise.all([start(), start(), start()]);
    await clock.advance(3 * HOUR);
    expect(runs).toHaveLength(6);
    expect(new Set(runs.map(({ slot }) => slot?.getTime())).size).toBe(3);
  });

  it('`waitFor` keeps a job back until its components are ready', async () => {
    class Jobs {
      @ExclusiveInterval(HOUR, { lock: 'a', waitFor: ['cache'] })
      run(run: JobRun): void {
        runs.push(run);
      }
    }
    const { clock, start } = cluster(Jobs);
    const app = await start();
    await clock.advance(3 * HOUR);
    expect(runs).toHaveLength(0);
    app.get(StartupCoordinator).signalReady('cache');
    await clock.advance(HOUR);
    expect(runs).toHaveLength(1);
  });
});
