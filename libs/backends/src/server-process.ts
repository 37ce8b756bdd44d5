import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProcessGuard } from './process-guard.js';

/** The process of a server, one after the other if it is started again, and the guard that ends it when this one dies. */
export class ServerProcess {
  readonly #name: string;
  readonly #directory: string;
  #child: ChildProcess | null = null;
  #guard: ProcessGuard | null = null;

  /** `name` is for messages: `The Redis on port 6379`. The directory goes with the server. */
  constructor(name: string, directory: string) {
    this.#name = name;
    this.#directory = directory;
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error(`${this.#name} does not run.`);
    return pid;
  }

  /** Takes over a process that has been spawned; it need not have come to life. */
  adopt(child: ChildProcess): void {
    this.#child = child;
    if (child.pid !== undefined) this.#guard = new ProcessGuard(child.pid, this.#directory);
  }

  /** Sends SIGSTOP: connections stay open, and nothing is answered. Resolves when the server has come to a halt. */
  async freeze(): Promise<void> {
    process.kill(this.pid, 'SIGSTOP');
    const deadline = performance.now() + SIGNAL_TIMEOUT;
    while ((await stateOf(this.pid)) !== 'T') {
      if (performance.now() > deadline) throw new Error(`${this.#name} did not stop.`);
      await sleep(2);
    }
  }

  thaw(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** Sends that signal. Resolves when the process is gone; harmless if it is. */
  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child && child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit', { signal: AbortSignal.timeout(SIGNAL_TIMEOUT) });
      child.kill(signal);
      await exited;
    }
    await this.#guard?.dismiss();
    this.#guard = null;
  }
}

/** `pid (name) state …`. Elsewhere than on Linux a process counts as stopped once the signal is sent. */
async function stateOf(pid: number): Promise<string> {
  if (process.platform !== 'linux') return 'T';
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  return text.charAt(text.lastIndexOf(')') + 2);
}

/** Milliseconds. */
const SIGNAL_TIMEOUT = 5_000;
