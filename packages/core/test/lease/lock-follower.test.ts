import { describe, expect, it } from '@jest/globals';
import type { LeaseProvider, Release } from '../../src/index.js';
import { LockFollower } from '../../src/lease/lock-follower.js';
import { ManualClock } from '@leased-jobs/testing';

describe('a follower of a lock', () => {
  it('wakes who waits when a release is told', async () => {
    const { follower, release } = following();
    const waited = follower.releasedSince(follower.releases, 60_000, undefined);

    release({ done: { job: 'job', slot: 7 } });
    await waited;

    expect([follower.releases, follower.hasRun('job', 7), follower.hasRun('job', 8)]).toEqual([
      1,
      true,
      false,
    ]);
    follower.close();
  });

  it('begins to watch nothing any more once it was closed, so that nothing is left of a wait that comes late', async () => {
    const { clock, follower, watches } = following();
    const early = follower.releasedSince(follower.releases, 1_000, undefined);
    follower.close();
    const late = follower.releasedSince(follower.releases, 1_000, undefined);

    await clock.advance(1_000);
    await Promise.all([early, late]);

    expect(watches.open).toBe(0);
    expect(watches.begun).toBe(1);
  });
});

function following() {
  const clock = new ManualClock();
  const watches = { begun: 0, open: 0 };
  let tell: (release: Release) => void = () => {};
  const provider = {
    watch: (_lock: string, onRelease: (release: Release) => void) => {
      watches.begun++;
      watches.open++;
      tell = onRelease;
      return { close: () => watches.open-- };
    },
  };
  const follower = new LockFollower(provider as unknown as LeaseProvider, clock, ['job']);
  return { clock, follower, watches, release: (release: Release) => tell(release) };
}
