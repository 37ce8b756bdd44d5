import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Socket } from 'node:net';

/**
 * Ends a server, and removes its folder, when the process that started it has died in whatever way. A shell of its own
 * session waits for the pipe to break; told that all is over, it does nothing.
 */
export class ProcessGuard {
  readonly #shell: ChildProcess;

  constructor(pid: number, directory: string) {
    this.#shell = spawn('/bin/sh', ['-c', SCRIPT, String(pid), directory], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    // A guard that is gone guards nothing, but whoever has started the server still ends it.
    this.#shell.on('error', () => {});
    this.#shell.stdin?.on('error', () => {});
    this.#shell.unref();
    if (this.#shell.stdin instanceof Socket) this.#shell.stdin.unref();
  }

  async dismiss(): Promise<void> {
    if (this.#shell.pid === undefined || this.#shell.exitCode !== null || this.#shell.signalCode !== null)
      return;
    this.#shell.ref();
    const exited = once(this.#shell, 'exit', { signal: AbortSignal.timeout(EXIT_TIMEOUT) });
    this.#shell.stdin?.end('over\n');
    await exited;
  }
}

const SCRIPT = 'read -r order; [ "$order" = over ] || { kill -9 "$0"; rm -rf "$1"; }';

/** Milliseconds. */
const EXIT_TIMEOUT = 5_000;
