import { type Clock, MAX_DELAY, type Random, type Timer } from '@leased-jobs/core';
import type { Planned, VirtualTime } from './virtual-time.js';

export interface ClockSettings {
  /** Milliseconds of this clock in one millisecond of the world. */
  readonly rate: number;
  /** Epoch milliseconds at the beginning of the world, by this clock. */
  readonly wall: number;
  /** By how many milliseconds timers are late, at the most. */
  readonly lateness: number;
}

/** The clock and the event loop of one process in a {@link VirtualTime}: what reaches the process, reaches it here. */
export class VirtualClock implements Clock {
  readonly #time: VirtualTime;
  readonly #random: Pick<Random, 'next'>;
  readonly #rate: number;
  readonly #lateness: number;
  readonly #timers = new Set<ProcessTimer>();
  #wall: number;
  #state: 'running' | 'paused' | 'ended' = 'running';
  /** What should have happened while the process was paused. */
  #overdue: (() => void)[] = [];

  constructor(time: VirtualTime, { rate, wall, lateness }: ClockSettings, random: Pick<Random, 'next'>) {
    this.#time = time;
    this.#rate = rate;
    this.#lateness = lateness;
    this.#wall = wall;
    this.#random = random;
  }

  wall(): number {
    return Math.floor(this.#wall + this.monotonic());
  }

  monotonic(): number {
    return this.#time.now * this.#rate;
  }

  setTimer(delay: number, callback: () => void, _keepAlive: boolean): Timer {
    if (!(delay <= MAX_DELAY)) {
      throw new RangeError(`A timer of ${delay} ms cannot be set. Ask for ${MAX_DELAY} ms at most.`);
    }
    const timer: ProcessTimer = { planned: undefined };
    this.#timers.add(timer);
    const fire = (): void => {
      if (this.#timers.delete(timer)) callback();
    };
    // As in Node: whole milliseconds, and at least one.
    const wait = Math.max(1, Math.trunc(delay)) / this.#rate;
    const late = this.#lateness === 0 ? 0 : this.#lateness * this.#random.next();
    timer.planned = this.#time.at(this.#time.now + wait + late, () => this.deliver(fire));
    return {
      cancel: () => {
        timer.planned?.cancel();
        this.#timers.delete(timer);
      },
    };
  }

  /** How many timers are set. One that is never cancelled is a leak. */
  get pending(): number {
    return this.#timers.size;
  }

  stepWall(ms: number): void {
    this.#wall += ms;
  }

  /** Brings something to the process: at once, when it resumes, or never. */
  deliver(callback: () => void): void {
    if (this.#state === 'running') callback();
    else if (this.#state === 'paused') this.#overdue.push(callback);
  }

  pause(): void {
    if (this.#state === 'running') this.#state = 'paused';
  }

  /** What is overdue happens now, in any order: a process that wakes up promises none. */
  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'running';
    const overdue = this.#overdue
      .map((callback) => ({ callback, rank: this.#random.next() }))
      .toSorted((a, b) => a.rank - b.rank);
    this.#overdue = [];
    for (const { callback } of overdue) this.#time.at(this.#time.now, () => this.deliver(callback));
  }

  /** As SIGKILL: nothing reaches the process any more. */
  end(): void {
    this.#state = 'ended';
    this.#overdue = [];
    for (const { planned } of this.#timers) planned?.cancel();
    this.#timers.clear();
  }
}

interface ProcessTimer {
  planned: Planned | undefined;
}
