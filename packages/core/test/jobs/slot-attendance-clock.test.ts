import { describe, expect, it } from '@jest/globals';
import { interval, JobEngine } from '@leased-jobs/core';
import { ManualClock, SeededRandom } from '@leased-jobs/testing';
import { ScriptedProvider } from '../support/scripted-provider.js';

const HOUR = 3_600_000;

describe('an instance whose clock was an hour ahead', () => {
  it('runs its job within a minute although the clock was set back while it asked for a slot of the future', async () => {
    const clock = new ManualClock();
    const provider = new ScriptedProvider(clock);
    provider.scripts.set('acquire', () => {
      provider.scripts.delete('acquire');
      clock.stepWall(-HOUR);
      return { refused: 'ahead', by: HOUR, retryAfter: HOUR - 10_000 };
    });
    const engine = new JobEngine({ provider, clock, random: new SeededRandom(1) });
    let runs = 0;
    engine.add({ name: 'job', schedule: interval(4_000), handler: () => void runs++ });
    engine.start();

    await clock.advance(70_000);

    expect(runs).toBeGreaterThan(0);
    await engine.close();
  });
});
