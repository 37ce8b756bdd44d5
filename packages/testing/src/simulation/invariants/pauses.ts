import type { HistoryEntry, Violation } from '../history.js';
import type { Scenario } from '../scenario.js';
import { isServiceJob } from '../simulated-job.js';
import { isCalm } from './calm.js';

/** A job that is paused at the store is granted to nobody until it is resumed, or the store has lost its state. */
export function checkPauses(history: readonly HistoryEntry[]): Violation[] {
  const violations: Violation[] = [];
  const paused = new Set<string>();
  const pausedAtGrant = new Map<string, ReadonlySet<string>>();
  for (const entry of history) {
    if (entry.type === 'state-lost') paused.clear();
    else if (entry.type === 'job-paused') paused.add(entry.job);
    else if (entry.type === 'job-resumed') paused.delete(entry.job);
    else if (entry.type === 'granted') {
      const key = `${entry.lock} ${entry.token}`;
      if (!pausedAtGrant.has(key)) pausedAtGrant.set(key, new Set(paused));
    } else if (entry.type === 'run-started') {
      const { job, lock, token, instance, at } = entry;
      if (!pausedAtGrant.get(`${lock} ${token}`)?.has(job)) continue;
      const message = `${instance} was granted "${job}" (token ${token}), which was paused.`;
      violations.push({ invariant: 'paused-not-granted', message, at });
    }
  }
  return violations;
}

/** An instance that says it has paused or resumed a job has done so: the store was told since it was asked. */
export function checkPauseAnswers(history: readonly HistoryEntry[]): Violation[] {
  const violations: Violation[] = [];
  const writtenAt = new Map<string, number>();
  for (const entry of history) {
    const { type, instance, at } = entry;
    if (type === 'job-paused' || type === 'job-resumed') {
      writtenAt.set(`${entry.job} ${type === 'job-paused'}`, at);
    } else if (type === 'pause-answered' && entry.answer === true) {
      const { job, paused, asked } = entry;
      if ((writtenAt.get(`${job} ${paused}`) ?? -Infinity) >= asked) continue;
      const message = `${instance} says that "${job}" was ${paused ? 'paused' : 'resumed'}, and the store was not told.`;
      violations.push({ invariant: 'pause-answer-true', message, at });
    }
  }
  return violations;
}

/**
 * A service that is paused while it runs is told to stop: at once where the store tells of something, and within a ttl else.
 * Judged are those that heed their signal, where nothing goes wrong meanwhile.
 */
export function checkPausedServices(history: readonly HistoryEntry[], scenario: Scenario): Violation[] {
  const violations: Violation[] = [];
  const services = scenario.jobs.filter(isServiceJob).filter(({ work }) => work.heedsSignal);
  const running = new Map<string, { readonly instance: string; readonly since: number }>();
  for (const [n, entry] of history.entries()) {
    if (entry.type === 'run-started') running.set(entry.job, { instance: entry.instance, since: entry.at });
    else if (entry.type === 'run-ended') running.delete(entry.job);
    else if (entry.type === 'crashed') {
      for (const [job, { instance }] of running) if (instance === entry.instance) running.delete(job);
    }
    if (entry.type !== 'job-paused') continue;
    const run = running.get(entry.job);
    const service = services.find(({ name }) => name === entry.job);
    if (!run || !service) continue;
    const isWatched = scenario.store.tells && entry.at - run.since > BEGUN;
    const until = entry.at + (isWatched ? TOLD : service.ttl * 1.02 + BEGUN);
    if (!isCalm(scenario, entry.at, until, { but: 'job-paused' })) continue;
    const later = history.slice(n + 1).filter(({ at }) => at <= until);
    const isOver = later.some(
      (other) =>
        (other.type === 'run-ended' && other.job === service.name) ||
        (other.type === 'job-resumed' && other.job === service.name) ||
        other.type === 'crashed' ||
        other.type === 'stopping',
    );
    if (isOver) continue;
    const message = `${run.instance} went on with "${service.name}", which was paused ${Math.round(until - entry.at)} ms ago.`;
    violations.push({ invariant: 'paused-service-stops', message, at: until });
  }
  return violations;
}

/** Milliseconds, both. */
const TOLD = 100;
const BEGUN = 1_000;
