import type { JobEngine, JobRun } from '@leased-jobs/core';
import type { ManualClock } from '@leased-jobs/testing';
import { eventsOf, type Member, type TestCluster } from './cluster.js';

/** Work that ends when a test says so. */
export interface OpenEnd<T = void> {
  readonly ended: Promise<T>;
  readonly end: (value: T) => void;
  readonly fail: (error: unknown) => void;
}

export function openEnd<T = void>(): OpenEnd<T> {
  let end: OpenEnd<T>['end'] = () => {};
  let fail: OpenEnd<T>['fail'] = () => {};
  const ended = new Promise<T>((resolve, reject) => {
    end = resolve;
    fail = reject;
  });
  ended.catch(() => {}); // Whoever awaits it is told as well.
  return { ended, end: (value) => end(value), fail: (error) => fail(error) };
}

/** A handler that goes on until it is told to stop, and then throws the reason. */
export function untilStopped({ signal }: JobRun): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}

/** A handler that goes on until it is told to stop, and then returns. */
export function returnsWhenStopped(run: JobRun): Promise<void> {
  return untilStopped(run).catch(() => {});
}

export function pause(clock: ManualClock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.setTimer(ms, resolve, true));
}

/** As if the process had ended: nothing that it sends arrives any more, and nothing is answered. */
export function die({ provider }: Member): void {
  for (const operation of ['acquire', 'renew', 'release'] as const) {
    provider.scripts.set(operation, () => new Promise(() => {}));
  }
}

export async function close(cluster: TestCluster, { engine }: { readonly engine: JobEngine }): Promise<void> {
  const closing = engine.close();
  await cluster.clock.advance(15_000);
  await closing;
}

/** Lets time pass until the job has begun to run somewhere. Resolves with the instance. */
export async function started(cluster: TestCluster, job = 'job', step = 500): Promise<Member> {
  for (let waited = 0; waited < 7_200_000; waited += step) {
    const holder = cluster.members.find((member) =>
      eventsOf(member, 'run-started').some((event) => event.job === job),
    );
    if (holder) return holder;
    await cluster.clock.advance(step);
  }
  throw new Error(`${job} has not begun within two hours`);
}

export function outcomes(member: Pick<Member, 'events'>): readonly string[] {
  return eventsOf(member, 'run-ended').map(({ report }) => report.outcome);
}

/** How a promise stands, after all that can go on without time has. */
export async function stateOf(
  clock: ManualClock,
  promise: Promise<unknown>,
): Promise<'pending' | 'resolved' | 'rejected'> {
  let state: 'pending' | 'resolved' | 'rejected' = 'pending';
  promise.then(
    () => (state = 'resolved'),
    () => (state = 'rejected'),
  );
  await clock.advance(0);
  return state;
}
