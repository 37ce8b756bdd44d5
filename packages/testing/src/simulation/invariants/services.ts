import type { HistoryEntry, Violation } from '../history.js';
import type { Scenario } from '../scenario.js';
import { isServiceJob, type ServiceJob } from '../simulated-job.js';
import { longestGap } from './coverage.js';
import { PAUSED_RETRY, pausedUntil } from './paused-until.js';
import { FINISHED } from './reports.js';

/**
 * Once nothing goes wrong any more, a service is up but for the time for which it has to stay away after it has ended. Judged
 * is who has its lock for itself.
 */
export function checkServiceGoesOn(
  history: readonly HistoryEntry[],
  { jobs, instances, stormEnds }: Scenario,
): Violation[] {
  const paused = pausedUntil(history);
  const to = stormEnds + SETTLING + WATCHED;
  return jobs.filter(isServiceJob).flatMap(({ name, lock, maxRestartDelay, work, concurrency = 1 }) => {
    if (lock !== name) return [];
    const from = Math.max(stormEnds + SETTLING, (paused.get(name) ?? -Infinity) + PAUSED_RETRY);
    // Those that end now and then need not be up at once.
    const wanted = work.lasts > WATCHED ? Math.min(concurrency, instances.length) : 1;
    const { gap, at } = longestGap(history, name, wanted, [from, to]);
    if (gap <= maxRestartDelay * 1.12 + SLACK) return [];
    const message = `"${name}" was run by fewer than ${wanted} for ${Math.round(gap)} ms, although nothing was wrong.`;
    return [{ invariant: 'service-goes-on', message, at }];
  });
}

/**
 * A service that has ended by itself stays away for as long as it shall: the longer, the more often in a row it has failed on one
 * instance. One that was told to stop leaves nothing behind, nor does a store that lost its state.
 */
export function checkRestartDelays(history: readonly HistoryEntry[], { jobs }: Scenario): Violation[] {
  const violations: Violation[] = [];
  const services = new Map(jobs.filter(isServiceJob).map((job) => [job.name, job]));
  const backOff = new BackOff();
  const tokenOf = new Map<string, string>();
  const due = new Map<string, number>(); // Of each lock and job: not before.
  const delays = new Map<string, number>(); // What each run under a lock and a token leaves behind, in milliseconds.
  const early = new Map<string, number>(); // Grants: by how many milliseconds they came before the service was due.
  for (const entry of history) {
    if (entry.type === 'state-lost') {
      due.clear();
      early.clear();
    } else if (entry.type === 'granted') {
      const key = `${entry.lock} ${entry.token}`;
      tokenOf.set(entry.grantId, key);
      if (!early.has(key)) early.set(key, (due.get(entry.lock) ?? -Infinity) - entry.at);
    } else if (entry.type === 'run-started') {
      const by = early.get(`${entry.lock} ${entry.token}`) ?? -Infinity;
      const service = services.get(entry.job);
      if (!service) continue;
      backOff.onStart(entry.instance, service, entry.at);
      if (service.lock !== service.name || by <= ROUNDING) continue;
      const message = `${entry.instance} was granted "${entry.job}" ${Math.round(by)} ms before it was due again.`;
      violations.push({ invariant: 'restart-delay-kept', message, at: entry.at });
    } else if (entry.type === 'run-ended') {
      const service = services.get(entry.job);
      if (service) delays.set(`${entry.lock} ${entry.token}`, backOff.onEnd(entry, service));
    } else if (entry.type === 'released') {
      const delay = delays.get(tokenOf.get(entry.grantId) ?? '');
      if (delay !== undefined) due.set(entry.lock, entry.at + delay);
    } else if (entry.type === 'restarted') backOff.forget(entry.instance);
  }
  return violations;
}

/** How long a service has to stay away at the least after a run, as its instance knows of those before it. */
class BackOff {
  readonly #failures = new Map<string, number>();
  readonly #startedAt = new Map<string, number>();

  onStart(instance: string, { name }: ServiceJob, at: number): void {
    this.#startedAt.set(`${instance} ${name}`, at);
  }

  onEnd({ instance, job, outcome, told, at }: Ended, { restartDelay, maxRestartDelay }: ServiceJob): number {
    const key = `${instance} ${job}`;
    if (!FINISHED.has(outcome) || told !== undefined) return 0;
    const most = Math.max(restartDelay, maxRestartDelay);
    // Its own clock may run differently: what has nearly lasted for long enough may count as well.
    const wasWell = outcome === 'succeeded' || at - (this.#startedAt.get(key) ?? at) > most * 0.9;
    const failures = wasWell ? 0 : (this.#failures.get(key) ?? 0);
    this.#failures.set(key, outcome === 'succeeded' ? 0 : failures + 1);
    return Math.min(restartDelay * 2 ** failures, most);
  }

  forget(instance: string): void {
    for (const key of this.#failures.keys()) if (key.startsWith(`${instance} `)) this.#failures.delete(key);
  }
}

type Ended = HistoryEntry & { readonly type: 'run-ended' };

/** Milliseconds, all of them. */
const SETTLING = 50_000;
const WATCHED = 40_000;
const SLACK = 3_500;
const ROUNDING = 0.001;
