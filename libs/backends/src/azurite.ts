import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BlobAccount, connectionStringAt, DEVELOPMENT_ACCOUNT } from './blob-account.js';
import { freePort } from './free-port.js';
import { ServerProcess } from './server-process.js';

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
  readonly #process: ServerProcess;

  /** @internal */
  constructor(directory: string, port: number, options: AzuriteOptions) {
    this.#directory = directory;
    this.port = port;
    this.#options = options;
    this.#process = new ServerProcess(`The Azurite on port ${port}`, directory);
  }

  /** Of the account, as in a connection string. */
  get url(): string {
    return `http://127.0.0.1:${this.port}/${DEVELOPMENT_ACCOUNT.name}`;
  }

  get connectionString(): string {
    return azuriteConnectionString(this.url);
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** @internal Resolves when the server listens. */
  async begin(): Promise<void> {
    const child = spawn(process.execPath, [azuriteBinary(), ...this.#arguments()], {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: this.#directory,
    });
    this.#process.adopt(child);
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

  /** Ends the server and starts it again on its port, with its blobs and their leases or with nothing. */
  async restart({ keepData }: { readonly keepData: boolean }): Promise<void> {
    if (keepData && !this.#options.durable)
      throw new Error('Only an Azurite started as durable keeps its blobs.');
    // Azurite writes its index down from time to time, and when it is told to end.
    await this.#process.end(keepData ? 'SIGTERM' : 'SIGKILL');
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

/** Milliseconds. */
const START_TIMEOUT = 20_000;
const MAX_TRIES = 3;
