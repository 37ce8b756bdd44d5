import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const CLUSTER_SCRIPT = fileURLToPath(new URL('../../dist/cluster.js', import.meta.url));

export interface ClusterCommand {
  /** Where it runs, and keeps its leases. */
  readonly directory: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What is run with the script as its argument. Default: this Node. */
  readonly command?: readonly string[];
}

export interface Row {
  readonly name: string;
  readonly pid: number;
  readonly url: string;
}

/** `cluster.js` as a process of its own, in a process group of its own, as a shell would run it. */
export class RunningCluster {
  readonly lines: string[] = [];
  readonly errors: string[] = [];
  readonly #child: ChildProcess;
  #ended: { readonly code: number | null; readonly signal: NodeJS.Signals | null } | null = null;

  constructor({ directory, args = [], env, command = [process.execPath, CLUSTER_SCRIPT] }: ClusterCommand) {
    const { PATH } = process.env;
    const [file = '', ...rest] = command;
    this.#child = spawn(file, [...rest, ...args], {
      cwd: directory,
      env: { ...(PATH && { PATH }), LEASED_JOBS_TTL: '2000', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const { stdout, stderr } = this.#child;
    if (stdout) createInterface({ input: stdout }).on('line', (line) => this.lines.push(line));
    if (stderr) createInterface({ input: stderr }).on('line', (line) => this.errors.push(line));
    this.#child.once('close', (code: number | null, signal: NodeJS.Signals | null) => {
      this.#ended = { code, signal };
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves with the first line from the `from`-th on that matches. */
  async line(pattern: RegExp, { from = 0, timeout = 30_000 } = {}): Promise<string> {
    return this.#until(
      () => this.lines.slice(from).find((line) => pattern.test(line)),
      `a line like ${pattern}`,
      timeout,
    );
  }

  /** The instances as the welcome lists them. */
  async rows(): Promise<readonly Row[]> {
    await this.line(/Ctrl-C drains all/);
    return this.lines.flatMap((line) => {
      const [, name, pid, url] = /^ {2}(web-\d+) +pid (\d+) +(http:\S+)$/.exec(line) ?? [];
      return name && url ? [{ name, pid: Number(pid), url }] : [];
    });
  }

  send(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** As Ctrl-C does: to the cluster and all its instances at once. */
  sendToGroup(signal: NodeJS.Signals): void {
    process.kill(-this.pid, signal);
  }

  async end(
    timeout = 20_000,
  ): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }> {
    return this.#until(() => this.#ended, 'its end', timeout);
  }

  /** Whatever is left of it. */
  killAll(): void {
    try {
      this.sendToGroup('SIGKILL');
    } catch {
      // Nothing is left.
    }
  }

  async #until<T>(ask: () => T | null | undefined, what: string, timeout: number): Promise<T> {
    const deadline = performance.now() + timeout;
    for (;;) {
      const late = performance.now() > deadline;
      const answer = ask();
      if (answer !== null && answer !== undefined) return answer;
      if (late || this.#ended) {
        const last = [...this.lines.slice(-30), ...this.errors].join('\n');
        throw new Error(`Waited in vain for ${what}. The last lines are:\n${last}`);
      }
      await sleep(5);
    }
  }
}

/** Waits until the processes are gone, at most `timeout` milliseconds, and resolves with those that are not. */
export async function leftOf(rows: readonly Row[], timeout: number): Promise<readonly Row[]> {
  const deadline = performance.now() + timeout;
  for (;;) {
    const left = rows.filter(({ pid }) => exists(pid));
    if (left.length === 0 || performance.now() >= deadline) return left;
    await sleep(20);
  }
}

/**
 * The first of as many neighbouring free ports as a cluster needs, chosen where no system hands out a port by itself
 * (Linux does from 32,768 on, others from 49,152 on) and below the ports of the backends that tests start: there, a
 * port that was free a moment ago still is.
 */
export async function somePort(): Promise<number> {
  for (let tries = 0; tries < 50; tries++) {
    const first = randomInt(4_000, 11_900);
    const servers: Server[] = [];
    try {
      for (let port = first; port < first + NEIGHBOURS; port++) {
        const server = createServer().listen(port);
        servers.push(server);
        await once(server, 'listening');
      }
      return first;
    } catch {
      // One is taken: another place then.
    } finally {
      await Promise.all(servers.filter(({ listening }) => listening).map((server) => closed(server)));
    }
  }
  throw new Error(`No ${NEIGHBOURS} neighbouring free ports were found.`);
}

const NEIGHBOURS = 6;

async function closed(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}

/** A zombie has ended: nobody has asked how, which is up to the first process of this system. */
function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    if (process.platform !== 'linux') return true;
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
