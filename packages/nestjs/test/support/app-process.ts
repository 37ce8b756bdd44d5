import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const APP = fileURLToPath(new URL('small-app.mjs', import.meta.url));
const BLOCKED_APP = fileURLToPath(new URL('blocked-app.mjs', import.meta.url));
const STARTUP_APP = fileURLToPath(new URL('startup-app.mjs', import.meta.url));
const ROOT = fileURLToPath(new URL('../../../..', import.meta.url));

/** Everything that an app has printed, until it ended by itself. It is given ten seconds for that. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
  /** The lines above `log`, without what Nest puts before them. */
  readonly complaints: readonly string[];
}

/** Starts the small app with that environment and nothing else, and waits for its end. */
export async function runSmallApp(env: Readonly<Record<string, string>>, app = APP): Promise<Ended> {
  const { code, output } = await run([app], env, app === APP ? ROOT : dirname(app), 10_000);
  const complaints = output.split('\n').flatMap((line) => COMPLAINT.exec(line)?.slice(1) ?? []);
  return { code, output, complaints: complaints.filter((line) => !line.includes('requests a day')) };
}

export interface Blocked {
  readonly code: number | null;
  readonly output: string;
  /** Whether the lease was trusted throughout, and afterwards. */
  readonly inTheMiddle: boolean;
  readonly afterwards: boolean;
  /** By their types, and the reason of a loss. */
  readonly events: readonly string[];
}

/** Starts an app that holds a lease and blocks its event loop for so many milliseconds. It gets half a minute more. */
export async function runBlockedApp(
  work: { readonly lock: string; readonly blocked: number; readonly settle?: number },
  env: Readonly<Record<string, string>>,
): Promise<Blocked> {
  const { code, output } = await run([BLOCKED_APP, JSON.stringify(work)], env, ROOT, work.blocked + 30_000);
  const printed = output.split('\n').find((line) => line.startsWith('{')) ?? '{}';
  return { code, output, ...(JSON.parse(printed) as Omit<Blocked, 'code' | 'output'>) };
}

/** Starts an app that has something to do at its start. It gets ten seconds. */
export function startStartupApp(env: Readonly<Record<string, string>>): StartupApp {
  const child = start([STARTUP_APP], env, ROOT);
  return { send: (signal) => child.kill(signal), ended: endOf(child, 10_000) };
}

export interface StartupApp {
  send(signal: NodeJS.Signals): void;
  readonly ended: Promise<Exit>;
}

interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

function run(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd: string,
  limit: number,
): Promise<Exit> {
  return endOf(start(args, env, cwd), limit);
}

type App = ChildProcessByStdio<null, Readable, Readable>;

function start(args: readonly string[], env: Readonly<Record<string, string>>, cwd: string): App {
  return spawn(process.execPath, ['--unhandled-rejections=strict', ...args], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function endOf(child: App, limit: number): Promise<Exit> {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), limit);
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  if (signal === 'SIGKILL') throw new Error(`The app did not end in ${limit} ms:\n${output}`);
  return { code, signal, output };
}

/** Where an app lives that has installed nothing but our packages of these names, and Nest. */
export async function installed(
  ...packages: readonly string[]
): Promise<AsyncDisposable & { readonly app: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'leased-jobs-app-'));
  const modules = join(directory, 'node_modules');
  await mkdir(join(modules, '@leased-jobs'), { recursive: true });
  for (const name of ['core', 'provider-file', 'nestjs', ...packages]) {
    for (const part of ['dist', 'package.json']) {
      const from = join(ROOT, 'packages', name, part);
      await cp(from, join(modules, '@leased-jobs', name, part), { recursive: true });
    }
  }
  for (const name of ['@nestjs', 'croner', 'rxjs', 'reflect-metadata']) {
    await symlink(join(ROOT, 'node_modules', name), join(modules, name));
  }
  await writeFile(join(directory, 'package.json'), '{"name": "newsletter"}');
  await cp(APP, join(directory, 'app.mjs'));
  return {
    app: join(directory, 'app.mjs'),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

/** A line of Nest's logger, or the message of what a start failed with. */
const COMPLAINT = /(?:\b(?:WARN|ERROR) \[LeasedJobs\] |^ConfigurationError: )(.*)$/;
