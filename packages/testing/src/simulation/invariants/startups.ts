import type { HistoryEntry, Violation } from '../history.js';
import { CALM } from '../phases.js';
import type { Scenario } from '../scenario.js';
import { isStartupJob, type StartupJob } from '../simulated-job.js';
import { livesOf } from './lives.js';

/** What is done once in the cluster is not begun again once the store was told that it is done, unless the store lost its state. */
export function checkOnce(history: readonly HistoryEntry[], { jobs }: Scenario): Violation[] {
  const violations: Violation[] = [];
  const done = new Done(jobs);
  const doneAtGrant = new Map<string, ReadonlySet<string>>();
  for (const entry of history) {
    done.note(entry);
    if (entry.type === 'granted') {
      const key = `${entry.lock} ${entry.token}`;
      if (!doneAtGrant.has(key)) doneAtGrant.set(key, new Set(done.jobs));
    } else if (entry.type === 'run-started') {
      const { job, lock, token, instance, at } = entry;
      if (!doneAtGrant.get(`${lock} ${token}`)?.has(job)) continue;
      const message = `${instance} began "${job}" (token ${token}), which was done in the cluster.`;
      violations.push({ invariant: 'once-done-once', message, at });
    } else if (entry.type === 'state-lost') doneAtGrant.clear();
  }
  return violations;
}

/** Nobody goes on before all that has to be done first is done: by itself, or in the cluster if once is enough. */
export function checkStartupFirst(history: readonly HistoryEntry[], { jobs }: Scenario): Violation[] {
  const violations: Violation[] = [];
  const startups = jobs.filter(isStartupJob);
  const done = new Done(jobs);
  const own = new Set<string>();
  const started = new Set<string>();
  const tell = (instance: string, job: string, at: number): void => {
    const message = `${instance} went on before "${job}" was done.`;
    violations.push({ invariant: 'startup-first', message, at });
  };
  for (const entry of history) {
    const { type, instance, at } = entry;
    done.note(entry);
    if (type === 'run-ended' && entry.outcome === 'succeeded') own.add(`${instance} ${entry.job}`);
    else if (type === 'restarted') {
      started.delete(instance);
      for (const { name } of startups) own.delete(`${instance} ${name}`);
    } else if (type === 'went-on') {
      started.add(instance);
      for (const { name, once } of startups) {
        const isDone = own.has(`${instance} ${name}`) || (once !== undefined && done.wasEver(name));
        if (!isDone) tell(instance, name, at);
      }
    } else if (type === 'run-started' && !startups.some(({ name }) => name === entry.job)) {
      if (!started.has(instance)) tell(instance, startups[0]?.name ?? '', at);
    }
  }
  return violations;
}

/**
 * Once nothing goes wrong any more, whoever stays up gets through, or fails because of what it has to do: its turn comes, and
 * what is done elsewhere is noticed.
 */
export function checkStartsInTime(history: readonly HistoryEntry[], scenario: Scenario): Violation[] {
  const violations: Violation[] = [];
  const startups = scenario.jobs.filter(isStartupJob);
  const limit = startups.reduce((sum, job) => sum + turnsOf(job, scenario), BACK_OFF);
  for (const { instance, from, to } of livesOf(history, scenario)) {
    const until = Math.max(from, scenario.stormEnds) + limit;
    if (to < until || until > scenario.stormEnds + CALM) continue;
    const isThrough = history.some(
      (entry) =>
        entry.type === 'went-on' && entry.instance === instance && entry.at >= from && entry.at <= until,
    );
    if (isThrough) continue;
    const message = `${instance} was not through with what it has to do first in ${Math.round(until - from)} ms.`;
    violations.push({ invariant: 'startup-in-time', message, at: until });
  }
  for (const entry of history) {
    if (entry.type !== 'startup-failed' || entry.cause !== 'StartupTimeoutError') continue;
    const timeout = startups.find(({ name }) => name === entry.job)?.timeout ?? 0;
    if (timeout < limit || entry.at - timeout < scenario.stormEnds) continue;
    const message = `${entry.instance} gave up on "${entry.job}", although nothing was wrong.`;
    violations.push({ invariant: 'startup-in-time', message, at: entry.at });
  }
  return violations;
}

/** For how long, at the most, an instance waits for the others and does it by itself, in milliseconds. */
function turnsOf({ ttl, work }: StartupJob, { instances, store }: Scenario): number {
  const untold = store.tells ? 0 : ttl * 1.12 + 2_000;
  return instances.length * (work.lasts * 1.02 + untold + TURN) + ttl * 1.12 + 2_000;
}

/** What is done once in the cluster, as the store was told by the release of a run that has succeeded. */
class Done {
  readonly #once: ReadonlySet<string>;
  readonly #succeeded = new Map<string, string>();
  readonly #tokens = new Map<string, string>();
  readonly #ever = new Set<string>();
  /** What the store knows of now. */
  readonly jobs = new Set<string>();

  constructor(jobs: Scenario['jobs']) {
    this.#once = new Set(
      jobs.filter((job) => isStartupJob(job) && job.once !== undefined).map(({ name }) => name),
    );
  }

  note(entry: HistoryEntry): void {
    if (entry.type === 'granted') this.#tokens.set(entry.grantId, `${entry.lock} ${entry.token}`);
    else if (entry.type === 'state-lost') this.jobs.clear();
    else if (entry.type === 'run-ended' && entry.outcome === 'succeeded' && this.#once.has(entry.job)) {
      this.#succeeded.set(`${entry.lock} ${entry.token}`, entry.job);
    } else if (entry.type === 'released') {
      const job = this.#succeeded.get(this.#tokens.get(entry.grantId) ?? '');
      if (job === undefined) return;
      this.jobs.add(job);
      this.#ever.add(job);
    }
  }

  /** An instance may hear of it when the store has forgotten it. */
  wasEver(job: string): boolean {
    return this.#ever.has(job);
  }
}

/** Milliseconds, both. */
const TURN = 500;
const BACK_OFF = 36_000;
