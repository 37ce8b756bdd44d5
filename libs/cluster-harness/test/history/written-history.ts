import type { AbortReason, Entry, FateEntry, RunEnded, RunIdentity } from '../../src/index.js';

/** Hand-made entries of one run. Times are milliseconds, as in a journal. */
export class WrittenRun {
  readonly #instance: string;
  readonly #run: RunIdentity;

  constructor(instance: string, fencingToken: number, run: Partial<RunIdentity> = {}) {
    this.#instance = instance;
    this.#run = { job: 'newsletter', lock: 'newsletter', slot: 1_000, attempt: 1, ...run, fencingToken };
  }

  started(at: number): Entry {
    return { ...this.#stamp(at), ...this.#run, kind: 'run-started' };
  }

  step(at: number): Entry {
    return { ...this.#stamp(at), ...this.#run, kind: 'step' };
  }

  aborted(at: number, reason: AbortReason = 'lost'): Entry {
    return { ...this.#stamp(at), ...this.#run, kind: 'aborted', reason };
  }

  ended(at: number, outcome: RunEnded['outcome'] = 'succeeded'): Entry {
    return { ...this.#stamp(at), ...this.#run, kind: 'run-ended', outcome };
  }

  #stamp(at: number): { at: number; wall: number; instance: string } {
    return { at, wall: at, instance: this.#instance };
  }
}

export function fate(
  at: number,
  instance: string,
  kind: 'killed' | 'frozen' | 'thawed' | 'exited',
): FateEntry {
  const stamp = { at, wall: at, instance };
  return kind === 'exited' ? { ...stamp, kind, code: null, signal: 'SIGKILL' } : { ...stamp, kind };
}

export function blocked(at: number, instance: string): Entry {
  return { at, wall: at, instance, kind: 'blocked' };
}

export function unblocked(at: number, instance: string): Entry {
  return { at, wall: at, instance, kind: 'unblocked' };
}

export function stopped(at: number, instance: string): Entry {
  return { at, wall: at, instance, kind: 'stopped' };
}
