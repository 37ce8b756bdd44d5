import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BlobAccount, connectionStringAt, DEVELOPMENT_ACCOUNT } from './blob-account.js';
import { freePort } from './free-port.js';
import { ProcessGuard } from './process-guard.js';

export interface AzuriteOptions {
  /** Whether a restart may keep the blobs. Without it nothing is ever written to the disk. */
  readonly durable?: boolean;
}

/**
 * Starts the blob service of Azurite on a free port of 127.0.0.1, in a folder that goes with it. It ends with this
 * process, however that ends.
 */
export async function startAzurite(options: AzuriteOptions = {}): Promise<AzuriteServer> {
  const directory = await mkdtemp(join(tmpdir(), 'leased-jobs-azurite-'));
  for (let tries = 1; ; tries++) {
    const server = new AzuriteServer(directory, await freePort(), options);
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

/** One Azurite, and the hand that ends, freezes, thaws and restarts it. */
export class AzuriteServer implements BlobAccount, AsyncDisposable {
  readonly port: number;
  readonly #directory: string;
  readonly #options: AzuriteOptions;
  #child: ChildProcess | null = null;
  #guard: ProcessGuard | null = null;

  /** @internal */
  constructor(directory: string, port: number, options: AzuriteOptions) {
    this.#directory = directory;
    this.port = port;
    this.#options = options;
  }

  /** Of the account, as in a connection string. */
  get url(): string {
    return `http://127.0.0.1:${this.port}/${DEVELOPMENT_ACCOUNT.name}`;
  }

  get connectionString(): string {
    return azuriteConnectionString(this.url);
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error(`The Azurite on port ${this.port} does not run.`);
    return pid;
  }

  /** @internal Resolves when the server listens. */
  async begin(): Promise<void> {
    const child = spawn(process.execPath, [azuriteBinary(), ...this.#arguments()], {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: this.#directory,
    });
    this.#child = child;
    let output = '';
    const listens = new Promise<void>((resolve, reject) => {
      const note = (data: Buffer): void => {
        output = (output + data.toString()).slice(-2_000);
        if (output.includes('successfully listens')) resolve();
      };
      const ended = (): void => reject(new Error(`The Azurite on port ${this.port} ended: ${output}`));
      child.stdout.on('data', note);
      child.stderr.on('data', note);
      child.once('error', reject);
      child.once('exit', ended);
    });
    if (child.pid !== undefined) this.#guard = new ProcessGuard(child.pid, this.#directory);
    const waited = new AbortController();
    const late = sleep(START_TIMEOUT, undefined, { signal: waited.signal }).then(() => {
      throw new Error(
        `The Azurite on port ${this.port} does not listen after ${START_TIMEOUT} ms: ${output}`,
      );
    });
    try {
      await Promise.race([listens, late]);
    } finally {
      waited.abort();
      // Aborted by the line above, unless it is what has been thrown already.
      late.catch(() => {});
    }
  }

  /** Sends SIGSTOP: connections stay open, and nothing is answered. Resolves when the server has come to a halt. */
  async freeze(): Promise<void> {
    process.kill(this.pid, 'SIGSTOP');
    const deadline = performance.now() + SIGNAL_TIMEOUT;
    while ((await stateOf(this.pid)) !== 'T') {
      if (performance.now() > deadline) throw new Error(`The Azurite on port ${this.port} did not stop.`);
      await sleep(2);
    }
  }

  async thaw(): Promise<void> {
    process.kill(this.pid, 'SIGCONT');
  }

  /** Sends SIGKILL. Resolves when the process is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Ends the server and starts it again on its port, with its blobs and their leases or with nothing. */
  async restart({ keepData }: { readonly keepData: boolean }): Promise<void> {
    if (keepData && !this.#options.durable)
      throw new Error('Only an Azurite started as durable keeps its blobs.');
    // Azurite writes its index down from time to time, and when it is told to end.
    await this.#end(keepData ? 'SIGTERM' : 'SIGKILL');
    if (!keepData) await rm(this.#directory, { recursive: true, force: true, maxRetries: 3 });
    await mkdir(this.#directory, { recursive: true });
    await this.begin();
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 3 });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
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

  #arguments(): readonly string[] {
    const options = ['--disableTelemetry', '--silent', '--skipApiVersionCheck'];
    const where = this.#options.durable ? ['--location', this.#directory] : ['--inMemoryPersistence'];
    return ['--blobHost', '127.0.0.1', '--blobPort', String(this.port), ...options, ...where];
  }
}

/** For an account of Azurite that is reached under another URL, such as that of a proxy. */
export function azuriteConnectionString(url: string): string {
  return connectionStringAt(DEVELOPMENT_ACCOUNT, url);
}

function azuriteBinary(): string {
  const manifest = createRequire(import.meta.url).resolve('azurite/package.json');
  return join(dirname(manifest), 'dist/src/blob/main.js');
}

/** `pid (name) state …`. Elsewhere than on Linux a process counts as stopped once the signal is sent. */
async function stateOf(pid: number): Promise<string> {
  if (process.platform !== 'linux') return 'T';
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  return text.charAt(text.lastIndexOf(')') + 2);
}

/** Milliseconds. */
const START_TIMEOUT = 20_000;
const SIGNAL_TIMEOUT = 5_000;
const MAX_TRIES = 3;
