import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Exit, FateEntry, Unstamped } from '../journal/entry.js';
import { INSTANCE_VARIABLE, JOURNAL_VARIABLE } from '../journal/journal.js';
import { isGoingOn, isStopped } from './process-state.js';
import { waitUntil } from './wait-until.js';

export interface InstanceCommand {
  readonly id: string;
  readonly script: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Where the journal and the output of the instance go. */
  readonly directory: string;
  /** Called with everything that befalls the instance. */
  readonly record: (fate: Unstamped<FateEntry>) => void;
}

/** One real process, and the hand that ends, freezes and thaws it. */
export class Instance {
  readonly id: string;
  readonly pid: number;
  /** Settles when the process has ended, whoever ended it. Never rejects. */
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #command: InstanceCommand;
  #exit: Exit | null = null;

  private constructor(child: ChildProcess, pid: number, command: InstanceCommand) {
    this.id = command.id;
    this.pid = pid;
    this.#child = child;
    this.#command = command;
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#exit = { code, signal };
        command.record({ kind: 'exited', code, signal });
        resolve(this.#exit);
      });
    });
  }

  /** Throws if there is no process to be had. What the process then does is seen in its journal and its output. */
  static spawn(command: InstanceCommand): Instance {
    const child = spawnChild(command);
    // Either there is no pid, or a signal could not be sent: the wait for its effect says so.
    child.on('error', () => {});
    if (child.pid === undefined) throw new Error(`${command.id}: the system gives no more processes.`);
    return new Instance(child, child.pid, command);
  }

  /** How the process has ended; null while it lives. */
  get exit(): Exit | null {
    return this.#exit;
  }

  /** Sends SIGKILL. Resolves when the process is gone; at once, if it is already. */
  async kill(): Promise<Exit> {
    if (!this.#exit) {
      this.#command.record({ kind: 'killed' });
      this.#child.kill('SIGKILL');
    }
    return this.#exitWithin(SIGNAL_TIMEOUT);
  }

  /** Sends SIGTERM. Resolves when the process is gone; rejects, and leaves it alone, after `timeout` milliseconds. */
  async terminate({ timeout = TERMINATE_TIMEOUT, signal }: TerminateOptions = {}): Promise<Exit> {
    this.#child.kill('SIGTERM');
    return this.#exitWithin(timeout, signal);
  }

  /** Sends SIGSTOP. Resolves when every thread has stopped; rejects if the process has ended. */
  async freeze(): Promise<void> {
    if (!this.#exit) this.#command.record({ kind: 'frozen' });
    this.#child.kill('SIGSTOP');
    await this.#until(isStopped, 'frozen');
  }

  /** Sends SIGCONT. Resolves when the process goes on; rejects if it has ended, perhaps of a signal that waited. */
  async thaw(): Promise<void> {
    this.#child.kill('SIGCONT');
    await this.#until(isGoingOn, 'thawed');
    this.#command.record({ kind: 'thawed' });
  }

  /** Sends SIGWINCH, which ends nobody: a worker blocks its event loop then. Nest stops at a SIGUSR2, Node debugs at a SIGUSR1. */
  block(): void {
    this.#child.kill('SIGWINCH');
  }

  get journalPath(): string {
    return journalPath(this.#command);
  }

  /** All that the process has written so far. */
  stdout(): string {
    return readFileSync(outputPath(this.#command, 'stdout'), 'utf8');
  }

  stderr(): string {
    return readFileSync(outputPath(this.#command, 'stderr'), 'utf8');
  }

  async #until(reached: (pid: number) => boolean, what: string): Promise<void> {
    await waitUntil(
      () => {
        if (this.#exit) throw new Error(`${this.id} cannot be ${what}: ${describeExit(this.#exit)}.`);
        return reached(this.pid);
      },
      () => new Error(`${this.id} (pid ${this.pid}) was not ${what} within ${SIGNAL_TIMEOUT} ms.`),
      { timeout: SIGNAL_TIMEOUT },
    );
  }

  async #exitWithin(timeout: number, signal?: AbortSignal): Promise<Exit> {
    return waitUntil(
      () => this.#exit,
      () => new Error(`${this.id} (pid ${this.pid}) did not end within ${timeout} ms.`),
      { timeout, ...(signal && { signal }) },
    );
  }
}

export interface TerminateOptions {
  /** 15 s by default: the default drain timeout of an app, and then some. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

export function describeExit({ code, signal }: Exit): string {
  return signal ? `it was ended by ${signal}` : `it exited with code ${code}`;
}

function spawnChild(command: InstanceCommand): ChildProcess {
  // Straight into files: what was written survives the process, and nobody has to drain a pipe.
  const stdout = openSync(outputPath(command, 'stdout'), 'a');
  const stderr = openSync(outputPath(command, 'stderr'), 'a');
  try {
    return spawn(process.execPath, ['--unhandled-rejections=strict', command.script, ...command.args], {
      env: {
        ...inherited(),
        ...command.env,
        [INSTANCE_VARIABLE]: command.id,
        [JOURNAL_VARIABLE]: journalPath(command),
      },
      stdio: ['ignore', stdout, stderr],
    });
  } finally {
    closeSync(stdout);
    closeSync(stderr);
  }
}

/** Whatever else this process was started with is not for the instances: a runner's `NODE_OPTIONS`, say. */
function inherited(): Record<string, string> {
  const { PATH, TMPDIR } = process.env;
  return { ...(PATH && { PATH }), ...(TMPDIR && { TMPDIR }) };
}

function journalPath({ directory, id }: InstanceCommand): string {
  return join(directory, `${id}.journal.jsonl`);
}

function outputPath({ directory, id }: InstanceCommand, stream: 'stdout' | 'stderr'): string {
  return join(directory, `${id}.${stream}.txt`);
}

/** How long the system may take over a signal that a process cannot refuse. Milliseconds. */
const SIGNAL_TIMEOUT = 5_000;
const TERMINATE_TIMEOUT = 15_000;
