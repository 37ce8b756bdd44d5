import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** How a process has ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** `main.js` as a process of its own, as a service manager would start it, and what it writes. */
export class RunningWorker {
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  #exit: Exit | null = null;

  constructor(
    readonly name: string,
    directory: string,
    env: Readonly<Record<string, string>> = {},
  ) {
    const { PATH } = process.env;
    this.#child = spawn(process.execPath, [fileURLToPath(new URL('../../dist/main.js', import.meta.url))], {
      cwd: directory,
      env: { ...(PATH && { PATH }), NO_COLOR: '1', LEASED_JOBS_INSTANCE: name, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const input of [this.#child.stdout, this.#child.stderr]) {
      if (input) createInterface({ input }).on('line', (line) => this.lines.push(line));
    }
    this.#child.once('close', (code: number | null, signal: NodeJS.Signals | null) => {
      this.#exit = { code, signal };
    });
  }

  get hasEnded(): boolean {
    return this.#exit !== null;
  }

  send(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves with the first line from the `from`-th on that matches. */
  line(pattern: RegExp, { from = 0, timeout = 30_000 } = {}): Promise<string> {
    const find = (): string | undefined => this.lines.slice(from).find((line) => pattern.test(line));
    return this.#until(find, `a line like ${pattern}`, timeout);
  }

  end(timeout: number): Promise<Exit> {
    return this.#until(() => this.#exit, 'its end', timeout);
  }

  async #until<T>(ask: () => T | null | undefined, what: string, timeout: number): Promise<T> {
    const deadline = performance.now() + timeout;
    for (;;) {
      const late = performance.now() > deadline || this.hasEnded;
      const answer = ask();
      if (answer !== null && answer !== undefined) return answer;
      if (late) {
        const last = this.lines.slice(-30).join('\n');
        throw new Error(`Waited in vain for ${what} of ${this.name}. The last lines are:\n${last}`);
      }
      await sleep(5);
    }
  }
}
