import { describe, expect, it } from '@jest/globals';
import {
  atStart,
  ConfigurationError,
  fixedDelay,
  interval,
  type JobDefinition,
  LeasesClosedError,
  service,
  StoreError,
} from '@leased-jobs/core';
import { eventsOf, type Member, TestCluster } from '../support/cluster.js';
import { close, openEnd, pause, stateOf, untilStopped } from '../support/work.js';

const HOUR = 3_600_000;

function two(definition: Partial<JobDefinition> = {}) {
  const cluster = new TestCluster();
  const job = { schedule: interval(HOUR), ...definition };
  return { cluster, clock: cluster.clock, one: cluster.add(job), other: cluster.add(job) };
}

async function record({ engine }: Member, lock = 'job') {
  return (await engine.leases.read(lock))?.jobs['job'];
}

describe('a run by hand', () => {
  it('is a run without a slot, takes the lease, and is answered with its report at its end', async () => {
    const { clock, one, other } = two({ handler: () => pause(clock, 2_000) });
    const running = one.engine.runNow('job');
    await clock.advance(1_000);
    expect(await other.engine.leases.tryAcquire('job')).toBeNull();
    expect(await stateOf(clock, running)).toBe('pending');
    expect([...one.engine.jobs()]).toMatchObject([{ running: true }]);
    await clock.advance(1_000);
    expect(await running).toMatchObject({
      ran: true,
      report: { outcome: 'succeeded', slot: null, duration: 2_000, instance: 'web-1' },
    });
    expect(await record(one)).toMatchObject({ lastSlot: null, recent: [{ outcome: 'succeeded' }] });
  });

  it('marks no slot: the next one is run all the same', async () => {
    const { clock, one, other } = two();
    await one.engine.runNow('job');
    await clock.advance(HOUR);
    const slots = [one, other].flatMap((member) => eventsOf(member, 'run-started')).map(({ slot }) => slot);
    expect(slots).toEqual([null, expect.any(Date)]);
  });

  it('that fails is answered with its report, and is no rejection', async () => {
    const { one } = two({
      handler: () => {
        throw new Error('no paper');
      },
    });
    expect(await one.engine.runNow('job')).toMatchObject({
      ran: true,
      report: { outcome: 'failed', error: 'no paper' },
    });
  });

  it('is tried again, and told to stop, as any run of the job', async () => {
    const { clock, one } = two({
      retry: { attempts: 9, delay: 1_000, backoff: 'fixed' },
      maxRuntime: 2_500,
      handler: () => {
        throw new Error('no paper');
      },
    });
    const running = one.engine.runNow('job');
    await clock.advance(5_000);
    expect(await running).toMatchObject({ report: { outcome: 'timed-out' } });
    expect(eventsOf(one, 'run-retried')).toHaveLength(3);
  });

  it.each([
    ['paused', async ({ engine }: Member) => void (await engine.setPaused('job', true)), {}],
    ['not enabled here', async () => {}, { enabled: false }],
    [
      'held off',
      async ({ engine }: Member) => void (await engine.runNow('job')),
      { schedule: fixedDelay(HOUR) },
    ],
    ['waiting for something', async () => {}, { waitFor: () => openEnd().ended }],
    ['due at the start', async () => {}, { schedule: atStart({ once: 'v1' }) }],
  ])('runs a job that is %s', async (_what, prepare, definition) => {
    const cluster = new TestCluster();
    const member = cluster.prepare({}, { schedule: interval(HOUR), ...definition });
    await prepare(member);
    expect(await member.engine.runNow('job')).toMatchObject({ ran: true, report: { outcome: 'succeeded' } });
  });

  it('does not count as what is done once', async () => {
    const cluster = new TestCluster();
    const member = cluster.prepare({}, { schedule: atStart({ once: 'v1' }) });
    await member.engine.runNow('job');
    await member.engine.startUp();
    expect(eventsOf(member, 'run-started')).toHaveLength(2);
  });

  it('is refused while the job runs here, without a question to the store', async () => {
    const { clock, one } = two({ handler: () => openEnd().ended });
    void one.engine.runNow('job');
    await clock.advance(10);
    const asked = one.provider.calls.length;
    expect(await one.engine.runNow('job')).toMatchObject({
      ran: false,
      refusal: { refused: 'held', holder: 'web-1' },
    });
    expect(one.provider.calls).toHaveLength(asked);
  });

  it('is refused while the job runs elsewhere, with who runs it', async () => {
    const { clock, one, other } = two({ handler: () => openEnd().ended });
    void one.engine.runNow('job');
    await clock.advance(10);
    expect(await other.engine.runNow('job')).toMatchObject({
      ran: false,
      refusal: { refused: 'held', holder: 'web-1', expiresIn: 9_990 },
    });
  });

  it('is run once if it is asked for twice in one moment', async () => {
    const { one } = two();
    const answers = await Promise.all([one.engine.runNow('job'), one.engine.runNow('job')]);
    expect(answers.map(({ ran }) => ran)).toEqual([true, false]);
  });

  it('keeps the schedule out, which skips the slot that is due meanwhile, or runs it afterwards', async () => {
    const { clock, one } = two({ schedule: interval(20_000), handler: () => pause(clock, 25_000) });
    void one.engine.runNow('job');
    await clock.advance(24_900);
    const scheduled = eventsOf(one, 'run-started').filter(({ slot }) => slot !== null);
    expect(scheduled).toEqual([]);
    await clock.advance(60_000);
    expect(eventsOf(one, 'run-started').length).toBeGreaterThan(1);
  });

  it('takes any permit of a job that several instances run at once, one on each instance', async () => {
    const { cluster, clock, one, other } = two({ concurrency: 2, handler: () => openEnd().ended });
    const third = cluster.add({ schedule: interval(HOUR), concurrency: 2 });
    void one.engine.runNow('job');
    void other.engine.runNow('job');
    await clock.advance(10);
    expect(cluster.store.locks.get('job#2')?.lease).toMatchObject({ holder: 'web-2' });
    expect(await third.engine.runNow('job')).toMatchObject({ ran: false, refusal: { holder: 'web-2' } });
    expect(await one.engine.runNow('job')).toMatchObject({ ran: false, refusal: { holder: 'web-1' } });
  });

  it('is the last run of a job with a fixed delay, from which that counts anew', async () => {
    const { clock, one, other } = two({ schedule: fixedDelay(60_000) });
    await clock.advance(30_000);
    await one.engine.runNow('job');
    expect((await record(one))?.holdOff).toBe(60_000);
    const before = eventsOf(one, 'run-started').length + eventsOf(other, 'run-started').length;
    await clock.advance(59_000);
    expect(eventsOf(one, 'run-started').length + eventsOf(other, 'run-started').length).toBe(before);
    await clock.advance(4_000);
    expect(eventsOf(one, 'run-started').length + eventsOf(other, 'run-started').length).toBe(before + 1);
  });

  it('that a shutdown interrupts counts as no run of a job with a fixed delay', async () => {
    const cluster = new TestCluster();
    const member = cluster.prepare({}, { schedule: fixedDelay(HOUR), handler: untilStopped });
    const running = member.engine.runNow('job');
    await cluster.clock.advance(10);
    const other = cluster.prepare({});
    await close(cluster, member);
    expect(await running).toMatchObject({ report: { outcome: 'interrupted' } });
    expect((await record(other))?.holdOff).toBe(0);
  });
});

describe('a run by hand is refused with an error', () => {
  it('for a job that is not known, with those that are', async () => {
    const { one } = two();
    await expect(one.engine.runNow('jobs')).rejects.toThrow(
      new ConfigurationError('There is no job "jobs". Choose among job.'),
    );
    const none = new TestCluster().prepare({});
    await expect(none.engine.runNow('job')).rejects.toThrow('There is no job "job". None was added.');
  });

  it('for a service, which always runs', async () => {
    const { one } = two({ schedule: service() });
    await expect(one.engine.runNow('job')).rejects.toThrow(
      '"job" is a service: it always runs, on one instance. Resume it if it is paused.',
    );
  });

  it('if the store cannot be asked', async () => {
    const { one } = two();
    one.provider.scripts.set('acquire', () => Promise.reject(new StoreError('no', { kind: 'denied' })));
    await expect(one.engine.runNow('job')).rejects.toBeInstanceOf(StoreError);
  });

  it('once its instance stops, and while it does', async () => {
    const { clock, one, other } = two();
    await one.engine.close();
    await expect(one.engine.runNow('job')).rejects.toBeInstanceOf(LeasesClosedError);
    other.provider.scripts.set('acquire', () => new Promise(() => {}));
    const late = expect(other.engine.runNow('job')).rejects.toBeInstanceOf(LeasesClosedError);
    await clock.advance(100);
    const closing = other.engine.close();
    await clock.advance(1_000);
    await closing;
    await late;
  });

  it('whose signal aborts while it asks, and not once it runs', async () => {
    const { clock, one } = two({ handler: () => pause(clock, 1_000) });
    const reason = new Error('changed my mind');
    await expect(one.engine.runNow('job', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const given = new AbortController();
    const running = one.engine.runNow('job', { signal: given.signal });
    await clock.advance(500);
    given.abort(reason);
    await clock.advance(500);
    expect(await running).toMatchObject({ ran: true, report: { outcome: 'succeeded' } });
  });

  it('or told to stop by a shutdown, which waits for it', async () => {
    const { clock, one } = two({ handler: untilStopped });
    const running = one.engine.runNow('job');
    await clock.advance(10);
    expect(await one.engine.drain()).toMatchObject({ unfinished: [] });
    expect(await running).toMatchObject({ ran: true, report: { outcome: 'interrupted' } });
    const stuck = two({ handler: () => openEnd().ended });
    void stuck.one.engine.runNow('job');
    await stuck.clock.advance(10);
    const closing = stuck.one.engine.close();
    await stuck.clock.advance(11_000);
    expect(await closing).toMatchObject({ unfinished: ['job'] });
  });
});
