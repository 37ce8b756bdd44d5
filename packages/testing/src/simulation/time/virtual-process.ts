import type { SeededRandom } from '../../time/seeded-random.js';
import type { Agenda, Task } from './agenda.js';

/**
 * What runs one life of an instance. It can be paused, as by SIGSTOP: its timers do not fire, and what arrives waits.
 * When it is resumed, all that is overdue happens late, in any order, for a process that wakes up promises none. Once it
 * is dead, nothing happens in it any more.
 */
export class VirtualProcess {
  readonly #agenda: Agenda;
  readonly #random: SeededRandom;
  #state: 'running' | 'paused' | 'dead' = 'running';
  #overdue: ProcessTask[] = [];
  #pausedAt = 0;
  #pausedFor = 0;

  constructor(agenda: Agenda, random: SeededRandom) {
    this.#agenda = agenda;
    this.#random = random;
  }

  get state(): 'running' | 'paused' | 'dead' {
    return this.#state;
  }

  /** For how many milliseconds of true time it has been paused, all in all. */
  get pausedFor(): number {
    return this.#pausedFor + (this.#state === 'paused' ? this.#agenda.now - this.#pausedAt : 0);
  }

  /** Lets something happen in this process, `delay` milliseconds of true time from now at the soonest. */
  plan(delay: number, run: () => void): Task {
    const task = new ProcessTask(run);
    task.planned = this.#agenda.plan(delay, () => this.#reach(task));
    return task;
  }

  pause(): void {
    if (this.#state !== 'running') return;
    this.#state = 'paused';
    this.#pausedAt = this.#agenda.now;
  }

  resume(): void {
    if (this.#state !== 'paused') return;
    this.#pausedFor = this.pausedFor;
    this.#state = 'running';
    const overdue = this.#random.shuffle(this.#overdue);
    this.#overdue = [];
    for (const task of overdue) task.planned = this.#agenda.plan(0, () => this.#reach(task));
  }

  kill(): void {
    this.#state = 'dead';
    this.#overdue = [];
  }

  #reach(task: ProcessTask): void {
    if (this.#state === 'paused') this.#overdue.push(task);
    else if (this.#state === 'running') task.run?.();
  }
}

class ProcessTask implements Task {
  run: (() => void) | null;
  planned: Task | undefined;

  constructor(run: () => void) {
    this.run = run;
  }

  cancel(): void {
    this.run = null;
    this.planned?.cancel();
  }
}
