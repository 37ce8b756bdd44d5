import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Environment } from './cluster-environment.js';
import type { StarterMessage } from './starter.js';

export interface InstanceCommand {
  /** From 1 on. */
  readonly number: number;
  readonly port: number;
  readonly script: string | URL;
  readonly env: Environment;
  /** Called with each line that the instance writes, and last, when it has ended. */
  readonly onLine: (instance: Instance, line: string) => void;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One process of the app. */
export class Instance {
  readonly number: number;
  readonly port: number;
  /** Resolves when it answers requests; never, if it ends before. */
  readonly listening: Promise<void>;
  /** Resolves when it has ended and all that it wrote was passed on. Never rejects. */
  readonly ended: Promise<Exit>;
  readonly #child: ChildProcess;
  #hasEnded = false;

  constructor({ number, port, script, env, onLine }: InstanceCommand) {
    this.number = number;
    this.port = port;
    this.#child = fork(script, {
      env: { ...env, PORT: String(port), LEASED_JOBS_INSTANCE: this.name },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const input of [this.#child.stdout, this.#child.stderr]) {
      if (input) createInterface({ input, crlfDelay: Infinity }).on('line', (line) => onLine(this, line));
    }
    this.listening = new Promise((resolve) => {
      this.#child.on('message', ({ kind }: StarterMessage) => kind === 'listening' && resolve());
    });
    this.ended = new Promise((resolve) => {
      const end = (exit: Exit): void => {
        this.#hasEnded = true;
        resolve(exit);
      };
      this.#child.once('close', (code: number | null, signal: NodeJS.Signals | null) =>
        end({ code, signal }),
      );
      // There is no process to be had, or a signal could not be sent: only the former is an end.
      this.#child.on('error', (error) => {
        onLine(this, error.message);
        if (this.#child.pid === undefined) end({ code: null, signal: null });
      });
    });
  }

  /** `web-1`. */
  get name(): string {
    return `web-${this.number}`;
  }

  /** 0 if the system gave no process. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get url(): string {
    return `http://localhost:${this.port}`;
  }

  /** Harmless once it has ended. */
  send(signal: 'SIGTERM' | 'SIGKILL'): void {
    if (!this.#hasEnded) this.#child.kill(signal);
  }
}
