import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';

/**
 * Ends the instances of a cluster whose own process has died, however it died.
 *
 * An exit handler is not enough: a test runner that is killed runs none, and one that isolates its tests may give them
 * another `process`. So a shell outside our process group reads the pids of the living from a pipe; when the pipe
 * breaks, it sends SIGKILL to those that are left, which ends frozen ones too.
 */
export class Guardian {
  readonly #shell: ChildProcess;
  readonly #orders: Writable;

  constructor() {
    this.#shell = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    this.#shell.unref();
    this.#orders = this.#shell.stdin as Writable;
    // A guardian that is gone guards nothing, but whoever owns it still ends its instances by itself.
    this.#shell.on('error', () => {});
    this.#orders.on('error', () => {});
  }

  watch(pid: number): void {
    this.#orders.write(`watch ${pid}\n`);
  }

  /** Once a process has ended, its pid may become somebody else's. */
  forget(pid: number): void {
    this.#orders.write(`forget ${pid}\n`);
  }

  async close(signal: AbortSignal): Promise<void> {
    if (this.#shell.pid === undefined || this.#shell.exitCode !== null || this.#shell.signalCode !== null) {
      return;
    }
    // Whoever waits for its end is not to end before it.
    this.#shell.ref();
    const exited = once(this.#shell, 'exit', { signal });
    this.#orders.end();
    await exited;
  }
}

const SCRIPT = `
pids=' '
while read -r order pid; do
  case $order in
    watch) pids="$pids$pid " ;;
    forget) pids="\${pids%% $pid *} \${pids#* $pid }" ;;
  esac
done
for pid in $pids; do kill -9 "$pid"; done
`;
