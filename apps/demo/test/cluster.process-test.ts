import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  CLUSTER_SCRIPT,
  type ClusterCommand,
  leftOf,
  RunningCluster,
  somePort,
} from './support/running-cluster.js';

// Longer than every wait below, so that a wait that fails can say what it waited for.
jest.setTimeout(90_000);

/** Milliseconds. */
const LATER_THAN_THE_SAME_KEYPRESS = 700;

let directory: string;
let clusters: RunningCluster[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'demo-'));
  clusters = [];
});

afterEach(() => {
  for (const cluster of clusters) cluster.killAll();
  rmSync(directory, { recursive: true, maxRetries: 5 });
});

async function start(command: Partial<ClusterCommand> = {}): Promise<RunningCluster> {
  const env = { PORT: String(await somePort()), ...command.env };
  const cluster = new RunningCluster({ directory, ...command, env });
  clusters.push(cluster);
  return cluster;
}

/** Waits until an instance is in the middle of sending the newsletter. */
async function sender(cluster: RunningCluster): Promise<{ name: string; pid: number }> {
  const line = await cluster.line(/newsletter: sent to Ada/);
  const [, name = '', pid] = /^\[(web-\d+) pid (\d+)\]/.exec(line) ?? [];
  return { name, pid: Number(pid) };
}

function acquiredByAnotherThan(name: string): RegExp {
  return new RegExp(`^\\[(?!${name} )web-\\d+ .*Lease acquired: newsletter`);
}

describe('three instances', () => {
  it('tell of their leases, one line each, and answer with what is going on', async () => {
    const cluster = await start();
    const rows = await cluster.rows();
    expect(rows.map(({ name }) => name)).toEqual(['web-1', 'web-2', 'web-3']);
    expect(new Set(rows.map(({ url }) => url)).size).toBe(3);

    for (const line of [
      /^\[web-\d pid \d+\] [\d:.]+ Lease acquired: newsletter \(token \d+\)$/,
      /^\[web-\d pid \d+\] [\d:.]+ newsletter is held by web-\d for another [\d.]+ (s|ms); will try again next time$/,
      /Lease renewed: newsletter \(token \d+\)$/,
      /Lease released: newsletter \(token \d+\)$/,
    ]) {
      expect(await cluster.line(line)).toMatch(line);
    }
    expect(cluster.lines.join('\n')).not.toMatch(/RouterExplorer|InstanceLoader/);
    expect(cluster.lines.join('\n')).not.toContain('\u001B');

    const ran = await cluster.line(/exchange-rates: 1 EUR/).then((line) => /^\[(web-\d)/.exec(line)?.[1]);
    expect(rows.map(({ name }) => name)).toContain(ran);
    for (const { name, pid, url } of rows) {
      const signal = AbortSignal.timeout(5_000);
      const response = await fetch(`${url}/health`, { signal });
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({
        status: 'ok',
        instance: name,
        pid,
        jobs: [
          { name: 'newsletter' },
          { name: 'exchange-rates', lastRun: { outcome: 'succeeded' } },
          { name: 'cleanup' },
        ],
      });
      const page = await fetch(url, { signal });
      expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(await page.text()).toContain(`answered by <b>${name}</b> (pid ${pid})`);
    }
  });

  it('take the slot over from one that is killed in mid-run, within a second', async () => {
    const cluster = await start();
    await cluster.rows();
    const killed = await sender(cluster);
    const from = cluster.lines.length;
    process.kill(killed.pid, 'SIGKILL');
    const killedAt = performance.now();

    await cluster.line(acquiredByAnotherThan(killed.name), { from, timeout: 5_000 });
    expect(performance.now() - killedAt).toBeLessThan(1_000);
    await cluster.line(/newsletter: sent to Ada/, { from });
    await cluster.line(
      new RegExp(`^${killed.name} \\(pid ${killed.pid}\\) is gone: it was ended by SIGKILL`),
      { from },
    );
    await cluster.line(/It is not restarted; 2 instances left\.$/, { from });
  });

  it('go on with the slot of one that drains', async () => {
    const cluster = await start();
    await cluster.rows();
    const drained = await sender(cluster);
    const from = cluster.lines.length;
    process.kill(drained.pid, 'SIGTERM');

    for (const line of [
      /newsletter was interrupted after .*; another instance takes its slot$/,
      acquiredByAnotherThan(drained.name),
      new RegExp(`^${drained.name} .*exit code 0\\. It has drained`),
    ]) {
      expect(await cluster.line(line, { from, timeout: 5_000 })).toMatch(line);
    }
  });

  it('all drain on SIGTERM, in mid-run too, and the cluster exits with 0', async () => {
    const cluster = await start();
    const rows = await cluster.rows();
    await sender(cluster);
    cluster.send('SIGTERM');

    expect(await cluster.end()).toEqual({ code: 0, signal: null });
    expect(cluster.lines.filter((line) => /^\[web.* Drained in /.test(line))).toHaveLength(3);
    expect(cluster.lines.at(-1)).toBe('All instances have ended. Goodbye.');
    expect(await leftOf(rows, 0)).toEqual([]);
  });

  it('drain once each when Ctrl-C reaches them and the cluster alike', async () => {
    const cluster = await start();
    await cluster.rows();
    cluster.sendToGroup('SIGINT');

    expect(await cluster.end()).toEqual({ code: 0, signal: null });
    expect(cluster.lines.filter((line) => /^\[web.* Drained in /.test(line))).toHaveLength(3);
    expect(cluster.errors).toEqual([]);
  });

  it('are killed by a second signal if one of them does not end', async () => {
    const cluster = await start();
    const rows = await cluster.rows();
    process.kill(rows[0]?.pid ?? 0, 'SIGSTOP');
    cluster.send('SIGTERM');
    await cluster.line(/^Draining 3 instances/);
    await sleep(LATER_THAN_THE_SAME_KEYPRESS);
    cluster.send('SIGINT');

    expect(await cluster.end(3_000)).toEqual({ code: 1, signal: null });
    expect(await leftOf(rows, 0)).toEqual([]);
  });

  it('are waited for no longer than they may drain, and a little', async () => {
    const cluster = await start({ env: { LEASED_JOBS_DRAIN_TIMEOUT: '0' } });
    const rows = await cluster.rows();
    process.kill(rows[0]?.pid ?? 0, 'SIGSTOP');
    cluster.send('SIGTERM');

    expect(await cluster.end(8_000)).toEqual({ code: 1, signal: null });
    expect(cluster.lines.at(-1)).toMatch(/^Killed before the end of its drain: web-1 \(pid \d+\)\./);
    expect(await leftOf(rows, 0)).toEqual([]);
  });

  it('end by themselves when the cluster is killed', async () => {
    const cluster = await start();
    const rows = await cluster.rows();
    cluster.send('SIGKILL');

    expect(await leftOf(rows, 5_000)).toEqual([]);
  });

  it('end when npm is terminated, which ends only the shell that has started the cluster', async () => {
    const script = `'${process.execPath}' '${CLUSTER_SCRIPT}'; exit 0`;
    const cluster = await start({
      command: ['/bin/sh', '-c', script],
      env: { npm_lifecycle_event: 'start' },
    });
    const rows = await cluster.rows();
    cluster.send('SIGTERM');

    expect(await leftOf(rows, 5_000)).toEqual([]);
  });
});

describe('the start of a cluster', () => {
  it('makes as many instances as it is told to', async () => {
    const cluster = await start({ args: ['--instances', '5'] });
    const rows = await cluster.rows();
    expect(rows.map(({ name }) => name)).toEqual(['web-1', 'web-2', 'web-3', 'web-4', 'web-5']);
    expect(new Set(rows.map(({ url }) => url)).size).toBe(5);

    cluster.send('SIGTERM');
    expect(await cluster.end()).toEqual({ code: 0, signal: null });
  });

  it('goes on to the next port where one is taken', async () => {
    const port = await somePort();
    const server = createServer().listen(port);
    await once(server, 'listening');
    try {
      const cluster = await start({ args: ['--instances', '1'], env: { PORT: String(port) } });
      const [only] = await cluster.rows();
      expect(Number(new URL(only?.url ?? '').port)).toBeGreaterThan(port);
    } finally {
      server.close();
    }
  });

  it('refuses an option that cannot be meant, in one sentence, and exits with 2', async () => {
    const cluster = await start({ args: ['--instances', '0'] });
    expect(await cluster.end()).toEqual({ code: 2, signal: null });
    expect(cluster.errors).toEqual(['--instances is "0". Choose a whole number from 1 to 100.']);
    expect(cluster.lines).toEqual([]);
  });

  it('shows once why no instance can start, and exits with 1', async () => {
    const cluster = await start({ env: { LEASED_JOBS_TTL: '100' } });
    expect(await cluster.end()).toEqual({ code: 1, signal: null });
    expect(cluster.lines).toEqual([
      expect.stringMatching(/^\[web-1 pid \d+\] .*A ttl of 100 ms is too short/),
      expect.stringMatching(/^web-1 \(pid \d+\) did not start: it ended with exit code 1\.$/),
    ]);
  });

  it('ends the others when one cannot start, and shows why', async () => {
    const port = await somePort();
    const cluster = await start({ env: { PORT: String(port) } });
    // The first instance has begun, so the ports are chosen. The second one's is taken before it gets there.
    await cluster.line(/^\[web-1 /);
    const server = createServer().listen(port + 1);
    await once(server, 'listening');
    try {
      expect(await cluster.end()).toEqual({ code: 1, signal: null });
    } finally {
      server.close();
    }
    const said = cluster.lines.join('\n');
    expect(said).toMatch(/^\[web-2 pid \d+\] .*EADDRINUSE.* Set PORT to a port that is free\.$/m);
    expect(said).toMatch(/^web-2 \(pid \d+\) did not start/m);
    expect(said).toMatch(/^\[web-1 .* Drained in /m);
  });
});
