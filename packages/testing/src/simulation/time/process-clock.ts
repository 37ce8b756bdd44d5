import { type Clock, MAX_DELAY, type Timer } from '@leased-jobs/core';
import type { Agenda } from './agenda.js';
import type { VirtualProcess } from './virtual-process.js';

export interface ClockSettings {
  /** Milliseconds that this clock counts in a millisecond of true time. Default: 1. */
  readonly rate?: number;
  /** By how many milliseconds the wall clock is ahead at first. Default: 0. */
  readonly wallAhead?: number;
  /** By how many milliseconds a timer is late (or early, if negative). Default: never. */
  readonly lateness?: () => number;
}

/** The epoch milliseconds of the beginning: that of the year 2030, UTC. */
export const EPOCH = Date.UTC(2030, 0, 1);

/** The clock of one process: it may run fast or slow, its wall may be wrong, and it goes on while the process is paused. */
export class ProcessClock implements Clock {
  readonly #agenda: Agenda;
  readonly #process: VirtualProcess;
  readonly #rate: number;
  readonly #lateness: () => number;
  readonly #timers = new Set<object>();
  #wallAhead: number;

  constructor(agenda: Agenda, process: VirtualProcess, settings: ClockSettings = {}) {
    const { rate = 1, wallAhead = 0, lateness = () => 0 } = settings;
    this.#agenda = agenda;
    this.#process = process;
    this.#rate = rate;
    this.#lateness = lateness;
    // However fast it runs, it was right when the process started.
    this.#wallAhead = EPOCH + wallAhead - agenda.now * (rate - 1);
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.size;
  }

  wall(): number {
    return this.#wallAhead + this.monotonic();
  }

  monotonic(): number {
    return this.#agenda.now * this.#rate;
  }

  /** As Node does: whole milliseconds, and at least one. */
  setTimer(delay: number, callback: () => void): Timer {
    if (!(delay <= MAX_DELAY)) throw new RangeError(`A timer of ${delay} ms cannot be set.`);
    const wait = Math.max(1, Math.trunc(delay)) / this.#rate + this.#lateness();
    const task = this.#process.plan(wait, () => {
      this.#timers.delete(task);
      callback();
    });
    this.#timers.add(task);
    return {
      cancel: () => {
        this.#timers.delete(task);
        task.cancel();
      },
    };
  }

  stepWall(ms: number): void {
    this.#wallAhead += ms;
  }

  /** Sets the wall clock to the true time and `ahead` milliseconds. */
  setWall(ahead: number): void {
    this.#wallAhead += EPOCH + this.#agenda.now + ahead - this.wall();
  }
}
