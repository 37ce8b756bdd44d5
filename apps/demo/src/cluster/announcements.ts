import { relative } from 'node:path';
import type { Environment } from './cluster-environment.js';
import { describeExit } from './demo-cluster.js';
import type { Exit, Instance } from './instance.js';

/** What `cluster.js` says by itself, apart from what the instances write. */

export const HELP = `Starts several instances of the demo app on this machine. They share their jobs.

  npm start                        three instances, on port 3000 and the next free ones
  npm start -- --instances 5       from 1 to 100
  PORT=4000 npm start              other ports

The backend is set by the same variables as in any app:

  LEASED_JOBS_BACKEND=redis REDIS_URL=redis://127.0.0.1:6379 npm start
  LEASED_JOBS_BACKEND=azure-blob AZURE_STORAGE_CONNECTION_STRING=UseDevelopmentStorage=true npm start

"docker compose up -d --wait" starts a Redis and an Azurite for these two.`;

export function welcome(instances: readonly Instance[], env: Environment, directory: string): string {
  const wide = Math.max(...instances.map(({ name }) => name.length));
  const widePid = Math.max(...instances.map(({ pid }) => String(pid).length));
  const rows = instances.map(
    ({ name, pid, url }) => `  ${name.padEnd(wide)}  pid ${String(pid).padEnd(widePid)}  ${url}`,
  );
  const example = instances.at(-1)?.pid;
  return `
${count(instances.length)} of one app, and each slot of a job runs on one of them. Backend: ${backend(env, directory)}

${rows.join('\n')}

Try, in another terminal:
  kill -9 ${example}   it dies. If it was sending the newsletter, another begins with that slot ${takeover(env)}
  kill ${example}      it drains: its run is told to stop, and its lease released
Ctrl-C drains all. More: npm start -- --help
`;
}

/** After an instance has ended although nobody here has asked it to. */
export function obituary({ name, pid }: Instance, exit: Exit, left: number, env: Environment): string {
  const what = `${name} (pid ${pid}) is gone: ${describeExit(exit)}.`;
  if (left === 0) return `${what} No instance is left.`;
  const next =
    exit.code === 0
      ? 'It has drained, so whatever it ran is free for the others.'
      : `If it held a lease, see another instance acquire that ${takeover(env)}.`;
  return `${what} ${next} It is not restarted; ${count(left)} left.`;
}

export function stopping(living: number): string {
  return `Draining ${count(living)}. Ctrl-C again kills at once.`;
}

/** Names those that did not end by themselves. */
export function farewell(killed: readonly Instance[]): string {
  if (killed.length === 0) return 'All instances have ended. Goodbye.';
  const names = killed.map(({ name, pid }) => `${name} (pid ${pid})`).join(', ');
  return `Killed before the end of its drain: ${names}. What it still held will expire.`;
}

export function warnings(env: Environment): readonly string[] {
  if (env['LEASED_JOBS_BACKEND'] !== 'memory') return [];
  return [
    'The memory backend is private to each process: every instance will run every slot. Leave out LEASED_JOBS_BACKEND to see them share.',
  ];
}

function backend(
  { LEASED_JOBS_BACKEND, LEASED_JOBS_DIRECTORY = '' }: Environment,
  directory: string,
): string {
  if (LEASED_JOBS_BACKEND !== 'file') return `${LEASED_JOBS_BACKEND}.`;
  const path = relative(directory, LEASED_JOBS_DIRECTORY);
  return `files in ${path.startsWith('..') ? LEASED_JOBS_DIRECTORY : path}.`;
}

/** The file backend looks whether the holder still lives. The others wait until its lease has expired. */
function takeover({ LEASED_JOBS_BACKEND, LEASED_JOBS_TTL }: Environment): string {
  if (LEASED_JOBS_BACKEND === 'file') return 'within a second';
  return LEASED_JOBS_TTL === undefined
    ? 'within one ttl'
    : `within its ttl of ${Number(LEASED_JOBS_TTL) / 1_000} s`;
}

function count(instances: number): string {
  return instances === 1 ? '1 instance' : `${instances} instances`;
}
