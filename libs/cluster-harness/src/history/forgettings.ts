import type { Violation, ViolationKind } from './violation.js';

/** That the store lost what it knew of the locks, some time between two moments of {@link hostTime}. */
export interface Forgetting {
  readonly from: number;
  readonly to: number;
  /** Only that somebody holds the lease; or also which slots were run. */
  readonly what: 'lease' | 'everything';
  /** How long a holder may go on before it learns of it: not longer than its ttl. Milliseconds. */
  readonly notice: number;
}

/**
 * What no lease can prevent when its store forgets it: the old holder goes on until it hears of it, so it may be
 * overtaken; and what it has not been able to write down, or what was forgotten, is run again. A token that goes back,
 * or a step of somebody who was told, is never excused by this.
 */
export function causedBy(forgettings: readonly Forgetting[], settleTime: number): (v: Violation) => boolean {
  return (violation) =>
    forgettings.some((forgetting) => RULES[violation.kind](violation, forgetting, settleTime));
}

type Rule = (violation: Violation, forgetting: Forgetting, settleTime: number) => boolean;

const never: Rule = () => false;

/**
 * The earlier grant was forgotten, and the other one took effect before its holder can have heard of that. A start is
 * written a moment after its grant, so one that follows the forgetting may tell of a grant before it.
 */
const overtaken: Rule = ({ entries }, { from, to, notice }, settleTime) => {
  const grants = entries.filter(({ kind }) => kind === 'run-started');
  const granted = Math.min(...grants.map(({ at }) => at));
  const acts = entries.filter(({ kind }) => kind === 'run-started' || kind === 'step');
  const last = Math.max(...acts.map(({ at }) => at));
  // Within one process, nothing excuses two runs of one job.
  const instances = new Set(grants.map(({ instance }) => instance)).size;
  return instances > 1 && granted <= to + settleTime && last >= from && last <= to + notice;
};

const slotForgotten: Rule = ({ entries }, { from, to, what }, settleTime) => {
  const [earlier, next] = entries.filter(({ kind }) => kind === 'run-started');
  const ended = entries.find(({ kind }) => kind === 'run-ended');
  if (!earlier || !next || earlier.at > to + settleTime || next.at < from) return false;
  // Its end was to be written under the lease that was forgotten.
  return what === 'everything' || !ended || ended.at >= from - settleTime;
};

const RULES: Readonly<Record<ViolationKind, Rule>> = {
  'stale-step': overtaken,
  'runs-overlap': overtaken,
  // Of the two ways, only that of a run that was overtaken shows two grants; who was told is not excused.
  'succeeded-after-loss': overtaken,
  'slot-started-twice': slotForgotten,
  'slot-repeated-after-success': slotForgotten,
  'step-after-loss': never,
  'token-reused': never,
  'token-went-back': never,
  'gap-too-long': never,
};
