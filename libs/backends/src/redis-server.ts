import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.js';
import { redisBinary } from './redis-binary.js';
import { redisCommand } from './redis-command.js';
import { ServerProcess } from './server-process.js';

export interface RedisServerOptions {
  /** Whether a restart may keep the data. Without it nothing is ever written to the disk. */
  readonly durable?: boolean;
  /** More settings, as in `redis.conf`: `{ requirepass: 'secret' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * Starts a real `redis-server` of its own on a free port of 127.0.0.1, in a folder that goes with it. It ends with
 * this process, however that ends.
 */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const binary = await redisBinary();
  const directory = await mkdtemp(join(tmpdir(), 'leased-jobs-redis-'));
  for (let tries = 1; ; tries++) {
    const server = new RedisServer({ binary, directory, port: await freePort(), options });
    try {
      await server.begin();
      return server;
    } catch (thrown) {
      // Somebody may have been faster to take the port.
      if (tries < MAX_TRIES) await server.kill();
      else {
        await server.stop();
        throw thrown;
      }
    }
  }
}

/** One real server, and the hand that ends, freezes, thaws and restarts it. */
export class RedisServer implements AsyncDisposable {
  readonly port: number;
  readonly #binary: string;
  readonly #directory: string;
  readonly #options: RedisServerOptions;
  readonly #process: ServerProcess;
  #output = '';

  /** @internal */
  constructor(setup: {
    readonly binary: string;
    readonly directory: string;
    readonly port: number;
    readonly options: RedisServerOptions;
  }) {
    this.#binary = setup.binary;
    this.#directory = setup.directory;
    this.port = setup.port;
    this.#options = setup.options;
    this.#process = new ServerProcess(`The Redis on port ${setup.port}`, setup.directory);
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** @internal Resolves when the server answers. */
  async begin(): Promise<void> {
    this.#output = '';
    const child = spawn(this.#binary, this.#arguments(), { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process.adopt(child);
    const note = (data: Buffer): void => void (this.#output = (this.#output + data.toString()).slice(-2_000));
    child.on('error', (error) => (this.#output += error.message));
    child.stdout.on('data', note);
    child.stderr.on('data', note);
    if (child.pid === undefined) throw new Error(`${this.#binary} could not be started: ${this.#output}`);
    await this.#answering(child);
  }

  /** Sends one command, and returns the raw reply: `+OK`. */
  command(...words: readonly (string | number)[]): Promise<string> {
    return redisCommand(this.port, words);
  }

  /** Sends SIGSTOP: connections stay open, and nothing is answered. Resolves when the server has come to a halt. */
  freeze(): Promise<void> {
    return this.#process.freeze();
  }

  async thaw(): Promise<void> {
    this.#process.thaw();
  }

  /** Sends SIGKILL. Resolves when the process is gone. */
  async kill(): Promise<void> {
    await this.#process.end('SIGKILL');
  }

  /** Ends the server with SIGKILL and starts it again on its port, with what it had acknowledged or with nothing. */
  async restart({ keepData }: { readonly keepData: boolean }): Promise<void> {
    if (keepData && !this.#options.durable)
      throw new Error('Only a server started as durable keeps its data.');
    await this.kill();
    if (!keepData) await rm(join(this.#directory, 'appendonlydir'), { recursive: true, force: true });
    await this.begin();
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #answering(child: ChildProcess): Promise<void> {
    const deadline = performance.now() + START_TIMEOUT;
    for (;;) {
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`The Redis on port ${this.port} ended at once: ${this.#output}`);
      }
      const reply = await this.command('PING').catch(() => '');
      if (reply.startsWith('+PONG') || reply.startsWith('-NOAUTH')) return;
      if (performance.now() > deadline) {
        throw new Error(
          `The Redis on port ${this.port} did not answer within ${START_TIMEOUT} ms: ${this.#output}`,
        );
      }
      await sleep(10);
    }
  }

  #arguments(): readonly string[] {
    const settings = {
      port: String(this.port),
      bind: '127.0.0.1',
      dir: this.#directory,
      save: '',
      appendonly: this.#options.durable ? 'yes' : 'no',
      // What is acknowledged has been handed to the system, which outlives the process. With `everysec`, that waits
      // while the disk is slow.
      appendfsync: 'no',
      ...this.#options.settings,
    };
    return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  }
}

/** Milliseconds. */
const START_TIMEOUT = 15_000;
const MAX_TRIES = 3;
