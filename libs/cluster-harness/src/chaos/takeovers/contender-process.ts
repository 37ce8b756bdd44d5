import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Race, Won } from './race.js';

/** A process that takes part in races. It ends with this one, for it lives on the channel between them. */
export class ContenderProcess {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(directory: string): Promise<ContenderProcess> {
    const child = fork(fileURLToPath(new URL('./contender.js', import.meta.url)), [directory], {
      execArgv: ['--unhandled-rejections=strict'],
    });
    const contender = new ContenderProcess(child);
    await contender.#answer();
    return contender;
  }

  /** Resolves with the leases that it has won. */
  async take(race: Race): Promise<readonly Won[]> {
    const answer = this.#answer();
    this.#child.send(race);
    return answer;
  }

  /** Sends SIGKILL, and resolves when the process is gone. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit', { signal: AbortSignal.timeout(LIMIT) });
    this.#child.kill('SIGKILL');
    await exited;
  }

  async #answer(): Promise<readonly Won[]> {
    const settled = new AbortController();
    const signal = AbortSignal.any([settled.signal, AbortSignal.timeout(LIMIT)]);
    try {
      return await Promise.race([
        once(this.#child, 'message', { signal }).then(([won]) => won as readonly Won[]),
        once(this.#child, 'exit', { signal }).then((): never => {
          throw new Error('A contender has ended before it answered.');
        }),
      ]);
    } finally {
      settled.abort();
    }
  }
}

/** Milliseconds. */
const LIMIT = 60_000;
