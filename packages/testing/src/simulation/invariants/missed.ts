import { interval } from '@leased-jobs/core';
import type { HistoryEntry, Violation } from '../history.js';
import type { Scenario } from '../scenario.js';
import { isSlotJob, longestRunOf, type Missed, type SlotJob } from '../simulated-job.js';
import { CALM } from '../phases.js';
import { leastWallOf, WALL, wallOf } from '../world-clock.js';
import { isCalm } from './calm.js';
import { livesOf, revivalsOf } from './lives.js';
import { Marks } from './marks.js';

/**
 * A job that makes up for all that it has missed leaves nothing out: what it runs is the very next slot after the last one that
 * counts as run, and none counts as run that was not, from its first run on, as long as the store knows of that.
 */
export function checkOrder(history: readonly HistoryEntry[], { jobs }: Scenario): Violation[] {
  const violations: Violation[] = [];
  const all = byName(jobs, ['all']);
  const marks = new Marks();
  const started = new Set<string>();
  for (const entry of history) {
    if (entry.type === 'released' && entry.job !== undefined && entry.slot !== undefined) {
      const { job, lock, slot, instance, at } = entry;
      if (all.has(job) && marks.last(lock, job) !== undefined && !started.has(`${job} ${slot}`)) {
        const message = `${instance} told the store that the slot ${slot} of "${job}" counts as run, which nobody has started.`;
        violations.push({ invariant: 'none-left-out', message, at });
      }
    }
    marks.note(entry);
    if (entry.type !== 'run-started') continue;
    const { job: name, slot, instance, at } = entry;
    started.add(`${name} ${slot}`);
    const job = all.get(name);
    const last = marks.atGrantOf(entry);
    if (!job || slot === null || last === undefined) continue;
    const next = interval(job.period).next(last, name);
    if (slot === next) continue;
    const message = `${instance} ran the slot ${slot} of "${name}" where ${next} was the next after ${last}.`;
    violations.push({ invariant: 'missed-in-order', message, at });
  }
  return violations;
}

/**
 * When a cluster of which nobody was up comes back, a job that makes up for the last missed slot runs that one, or a later
 * one, once the leases of the dead have expired; so does one that is run at the start. Judged is who has its lock for itself, where nothing goes wrong meanwhile.
 */
export function checkLatestMissed(history: readonly HistoryEntry[], scenario: Scenario): Violation[] {
  const violations: Violation[] = [];
  const revivals = revivalsOf(livesOf(history, scenario));
  const judged = scenario.jobs
    .filter(isSlotJob)
    .filter(({ missed, runOnStart }) => missed === 'once' || runOnStart);
  for (const job of judged) {
    const { name, lock, period, ttl, onCrash, runOnStart = false } = job;
    // A slot that counts as run with its grant may never have been started.
    if (lock !== name || onCrash === 'skip') continue;
    // What is run at the start is run at the very first as well, and although it has never been run.
    for (const { instance, at } of runOnStart ? [FIRST_START, ...revivals] : revivals) {
      // Whose clock is behind may run an earlier slot first.
      const until = at + 1.12 * ttl + longestRunOf(job) + SOME;
      const wall = wallOf(scenario, instance, at);
      if (
        !isCalm(scenario, at, until) ||
        until > scenario.stormEnds + CALM ||
        wall - WALL - at > MOST_AHEAD
      ) {
        continue;
      }
      const slot = interval(period).next(wall - period, name);
      const marks = new Marks();
      for (const entry of history) if (entry.at < at) marks.note(entry);
      const last = marks.last(lock, name);
      if (last === undefined ? !runOnStart : last >= slot) continue;
      const isRun = history.some(
        (entry) =>
          entry.at >= at &&
          entry.at <= until &&
          (entry.type === 'run-started' || entry.type === 'released') &&
          entry.job === name &&
          (entry.slot ?? 0) >= slot,
      );
      if (isRun) continue;
      const message = `${instance} came back to a cluster that was down, and the slot ${slot} of "${name}" was run by nobody.`;
      violations.push({ invariant: 'latest-missed-run', message, at: until });
    }
  }
  return violations;
}

/**
 * A job that makes up for one missed slot at the most runs none that was followed by another when it was asked for. One that
 * makes up for nothing runs no slot that was due before the process was started which runs it.
 */
export function checkNothingOld(history: readonly HistoryEntry[], scenario: Scenario): Violation[] {
  const violations: Violation[] = [];
  const lives = livesOf(history, scenario);
  const judged = byName(scenario.jobs, ['once', 'skip']);
  for (const entry of history) {
    if (entry.type !== 'run-started' || entry.slot === null) continue;
    const { job: name, slot, instance, at } = entry;
    const job = judged.get(name);
    if (!job) continue;
    // A clock that was stepped since has not changed for what was asked.
    const wall = leastWallOf(scenario, instance, at - job.ttl, at);
    if (wall - slot > job.period + job.ttl + HANDED_OVER) {
      const message = `${instance} ran the slot ${slot} of "${name}" ${Math.round(wall - slot)} ms after it was due.`;
      violations.push({ invariant: 'only-latest-missed', message, at });
    }
    const life = lives.find((own) => own.instance === instance && own.from <= at && at <= own.to);
    if (job.missed !== 'skip' || !life || slot > leastWallOf(scenario, instance, life.from, at)) continue;
    const message = `${instance} ran the slot ${slot} of "${name}", which was due before it was started.`;
    violations.push({ invariant: 'nothing-missed-run', message, at });
  }
  return violations;
}

function byName(jobs: Scenario['jobs'], policies: readonly Missed[]): ReadonlyMap<string, SlotJob> {
  const judged = jobs.filter(isSlotJob).filter(({ missed = 'skip' }) => policies.includes(missed));
  return new Map(judged.map((job) => [job.name, job]));
}

const FIRST_START = { instance: 'web-0', at: 0 };
/** Milliseconds, all of them: by how much a start and a tick may be late by chance, and what messages take. */
const SOME = 5_500;
const HANDED_OVER = 500;
/** Slots of a clock that is further ahead are refused. */
const MOST_AHEAD = 9_500;
