import { describe, expect, it } from '@jest/globals';
import { LeaseLostError } from '@leased-jobs/core';
import { eventsOf, type Member, TestCluster } from '../support/cluster.js';

describe('a drain', () => {
  /** A member that works under the lock for so many milliseconds. */
  function working(duration: number) {
    const cluster = new TestCluster();
    const member = cluster.add();
    const reasons: unknown[] = [];
    const work = member.engine.leases.withLease('books', async (lease) => {
      lease.signal.addEventListener('abort', () => reasons.push(lease.signal.reason));
      await new Promise<void>((resolve) => cluster.clock.setTimer(duration, resolve, true));
      return lease.remaining > 0;
    });
    return { cluster, member, work, reasons };
  }

  it('waits for a lease that was given without a job, which is renewed, and released at the store', async () => {
    const { cluster, member, work, reasons } = working(9_000);
    await cluster.clock.advance(50);
    const closing = member.engine.close();
    await cluster.clock.advance(8_900);
    expect(member.provider.times('renew').length).toBeGreaterThan(0);
    expect(member.provider.times('release')).toEqual([]);
    await cluster.clock.advance(100);
    expect(await work).toEqual({ ran: true, value: true });
    expect(await closing).toMatchObject({ unfinished: [], took: 8_950 });
    expect(reasons).toEqual([]);
    expect(operationsOf(member).slice(-2)).toEqual(['release', 'close']);
    const other = cluster.add();
    expect(await other.engine.leases.tryAcquire('books')).not.toBeNull();
  });

  it('names the lock of a lease that outlives its limit, which is lost then, and left to its ttl', async () => {
    const { cluster, member, work, reasons } = working(15_000);
    await cluster.clock.advance(50);
    const closing = member.engine.close();
    await cluster.clock.advance(9_900);
    expect(reasons).toEqual([]);
    await cluster.clock.advance(200);
    expect(await closing).toEqual({ unfinished: ['books'], took: 10_000 });
    expect(eventsOf(member, 'drained')).toMatchObject([{ unfinished: ['books'] }]);
    expect(reasons).toEqual([expect.any(LeaseLostError)]);
    expect(reasons).toMatchObject([{ reason: 'closed' }]);
    const other = cluster.add();
    expect(await other.engine.leases.tryAcquire('books')).toBeNull();
    await cluster.clock.advance(10_000);
    expect(await work).toEqual({ ran: true, value: false });
    expect(await other.engine.leases.tryAcquire('books')).not.toBeNull();
  });

  it('waits for the answer to a release that is under way', async () => {
    const { cluster, member, work } = working(100);
    member.provider.scripts.set('release', async (carryOut) => {
      await new Promise<void>((resolve) => cluster.clock.setTimer(1_000, resolve, true));
      return carryOut();
    });
    await cluster.clock.advance(200);
    const closing = member.engine.close();
    await cluster.clock.advance(2_000);
    await work;
    expect(await closing).toEqual({ unfinished: [], took: 900 });
  });

  it('waits no more for a lease that is lost', async () => {
    const { cluster, member, work, reasons } = working(9_000);
    member.provider.scripts.set('renew', async () => false);
    await cluster.clock.advance(50);
    const closing = member.engine.close();
    await cluster.clock.advance(9_000);
    await work;
    const { unfinished, took } = await closing;
    expect(unfinished).toEqual([]);
    expect(took).toBeLessThan(5_000);
    expect(reasons).toMatchObject([{ reason: 'taken' }]);
  });

  it('waits for what work that is waited for was granted meanwhile, too', async () => {
    const { cluster, member } = working(1_000);
    const { leases } = member.engine;
    await cluster.clock.advance(50);
    const closing = member.engine.close();
    await cluster.clock.advance(500);
    const [given, waited] = [leases.tryAcquire('pages'), leases.acquire('books', { wait: 5_000 })];
    await cluster.clock.advance(2_000);
    await (await waited)?.release();
    await cluster.clock.advance(2_000);
    await (await given)?.release();
    await cluster.clock.advance(1);
    expect(await closing).toMatchObject({ unfinished: [], took: 4_500 });
    await expect(leases.tryAcquire('pages')).rejects.toThrow('closed');
  });

  it('waits for a lease that a run was granted while the drain waited for the run', async () => {
    const cluster = new TestCluster();
    const member = cluster.add();
    const { clock } = cluster;
    const section = member.engine.section('pages', async () => {
      await new Promise<void>((resolve) => clock.setTimer(1_000, resolve, true));
      void member.engine.leases.withLease('books', async () => {
        await new Promise<void>((resolve) => clock.setTimer(1_000, resolve, true));
      });
      await new Promise<void>((resolve) => clock.setTimer(500, resolve, true));
    });
    await clock.advance(1);
    const closing = member.engine.close();
    await clock.advance(3_000);
    await section;
    expect(await closing).toEqual({ unfinished: [], took: 1_999 });
  });
});

function operationsOf({ provider }: Member): string[] {
  return provider.calls.map(({ operation }) => operation);
}
