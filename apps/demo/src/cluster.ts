import { once } from 'node:events';
import { farewell, HELP, obituary, stopping, warnings, welcome } from './cluster/announcements.js';
import { clusterEnvironment } from './cluster/cluster-environment.js';
import { parseClusterOptions, UsageError } from './cluster/cluster-options.js';
import { DemoCluster } from './cluster/demo-cluster.js';
import { freePorts } from './cluster/free-ports.js';
import { onOrphaned } from './cluster/orphan-watch.js';
import { prefixer } from './cluster/prefix.js';
import { onStopSignals } from './cluster/stop-signals.js';

/** What `npm start` runs: several instances of `main.js` in one terminal, until Ctrl-C. Resolves with the exit code. */
async function main(): Promise<number> {
  const { instances, firstPort, help } = parseClusterOptions(process.argv.slice(2), process.env['PORT']);
  if (help) {
    say(HELP);
    return 0;
  }
  const directory = process.cwd();
  const env = clusterEnvironment(process.env, directory);
  const prefix = prefixer(process.stdout);
  const cluster = new DemoCluster({
    script: new URL('main.js', import.meta.url),
    ports: await freePorts(firstPort, instances),
    env,
    onLine: (instance, line) => say(`${prefix(instance)} ${line}`),
    onUnexpectedEnd: (instance, exit) => say(obituary(instance, exit, cluster.living.length, env)),
  });
  const stop = new AbortController();
  onStopSignals(
    () => stop.abort(),
    () => cluster.kill(),
  );
  onOrphaned(() => stop.abort());
  // Somebody has read enough, such as `npm start | head`.
  process.stdout.on('error', () => stop.abort());

  for (const warning of warnings(env)) say(warning);
  const asked = once(stop.signal, 'abort');
  let failed = false;
  try {
    await Promise.race([cluster.start(), asked]);
    if (!stop.signal.aborted) say(welcome(cluster.instances, env, directory));
    await Promise.race([cluster.ended(), asked]);
    failed = !stop.signal.aborted;
  } catch (thrown) {
    say(messageOf(thrown));
    failed = true;
  }
  const { length: living } = cluster.living;
  if (living > 0) say(stopping(living));
  const killed = await cluster.stop();
  if (living > 0) say(farewell(killed));
  return failed || killed.length > 0 ? 1 : 0;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

try {
  process.exitCode = await main();
} catch (thrown) {
  process.stderr.write(`${messageOf(thrown)}\n`);
  process.exitCode = thrown instanceof UsageError ? 2 : 1;
}
