import type { HistoryEntry, Violation } from '../history.js';
import type { Scenario } from '../scenario.js';
import { isServiceJob } from '../simulated-job.js';
import { isCalm } from './calm.js';
import { type Life, livesOf } from './lives.js';

/**
 * A service whose instance is stopped cleanly is taken over at once, where the store tells of releases and another instance is
 * there. Judged is who has its lock for itself, where nothing else has gone wrong for a while.
 */
export function checkHandOver(history: readonly HistoryEntry[], scenario: Scenario): Violation[] {
  if (!scenario.store.tells) return [];
  const violations: Violation[] = [];
  const lives = livesOf(history, scenario);
  for (const { name, lock } of scenario.jobs.filter(isServiceJob)) {
    if (lock !== name) continue;
    for (const [n, entry] of history.entries()) {
      if (entry.type !== 'run-ended' || entry.job !== name || entry.told !== 'ShutdownError') continue;
      const released = history.slice(n).find((later) => later.type === 'released' && later.lock === lock);
      if (!released || released.at - entry.at > HANDED_OVER || released.instance !== entry.instance) continue;
      const { at, instance } = released;
      const began = history.findLast(
        (earlier) => earlier.type === 'run-started' && earlier.job === name && earlier.at <= entry.at,
      );
      // Those who have just had it to themselves may not have asked for it again yet.
      if (!began || at - began.at < ASKED) continue;
      if (!isSomebodyThere(lives, instance, at, at + HANDED_OVER)) continue;
      if (!isCalm(scenario, at - UNDISTURBED, at + HANDED_OVER, { but: 'drain' })) continue;
      const isTaken = history
        .slice(n)
        .some((later) => later.type === 'run-started' && later.job === name && later.at <= at + HANDED_OVER);
      if (isTaken) continue;
      const message = `${instance} gave "${name}" back, and nobody began with it within ${HANDED_OVER} ms.`;
      violations.push({ invariant: 'hands-over-at-once', message, at });
    }
  }
  return violations;
}

/**
 * A service whose instance dies is taken over when its lease has expired, if another instance is there. Judged is who has its lock
 * for itself, where nothing else has gone wrong for a while.
 */
export function checkTakeOver(history: readonly HistoryEntry[], scenario: Scenario): Violation[] {
  const violations: Violation[] = [];
  const lives = livesOf(history, scenario);
  for (const { name, lock, ttl } of scenario.jobs.filter(isServiceJob)) {
    if (lock !== name) continue;
    let holder: { readonly instance: string; readonly since: number } | undefined;
    for (const [n, entry] of history.entries()) {
      const { instance, at } = entry;
      if (entry.type === 'run-started' && entry.job === name) holder = { instance, since: at };
      else if (entry.type === 'run-ended' && entry.job === name) holder = undefined;
      if (entry.type !== 'crashed' || holder?.instance !== instance) continue;
      const { since } = holder;
      holder = undefined;
      const until = at + ttl * 1.12 + TAKEN_OVER;
      if (at - since < ASKED || !isSomebodyThere(lives, instance, at, until)) continue;
      if (!isCalm(scenario, at - UNDISTURBED, until, { but: 'crash' })) continue;
      const isTaken = history
        .slice(n)
        .some((later) => later.type === 'run-started' && later.job === name && later.at <= until);
      if (isTaken) continue;
      const message = `${instance} died, and nobody took "${name}" over within ${Math.round(until - at)} ms.`;
      violations.push({ invariant: 'taken-over-in-time', message, at: until });
    }
  }
  return violations;
}

/** Whether an instance has asked for everything by now, and stays. */
function isSomebodyThere(lives: readonly Life[], but: string, at: number, until: number): boolean {
  return lives.some(({ instance, from, to }) => instance !== but && from < at - ASKED && to > until);
}

/** Milliseconds, all of them. */
const HANDED_OVER = 100;
const TAKEN_OVER = 1_000;
/** Who is up for so long has asked for it. */
const ASKED = 5_000;
/** Who could not reach the store asks again within this time. */
const UNDISTURBED = 40_000;
