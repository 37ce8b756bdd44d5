import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { RunningWorker } from './support/running-worker.js';

jest.setTimeout(90_000);

let directory: string;
let workers: RunningWorker[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'worker-'));
  workers = [];
});

afterEach(() => {
  for (const worker of workers) worker.send('SIGKILL');
  rmSync(directory, { recursive: true, maxRetries: 5 });
});

function start(name: string, env: Readonly<Record<string, string>> = {}): RunningWorker {
  const worker = new RunningWorker(name, directory, {
    LEASED_JOBS_NAMESPACE: 'workers',
    LEASED_JOBS_DIRECTORY: join(directory, 'leases'),
    ...env,
  });
  workers.push(worker);
  return worker;
}

describe('two workers', () => {
  it('go on with the slot of the one that is told to stop in mid-run, which drains and exits with 0', async () => {
    const [first, second] = [start('worker-1'), start('worker-2')];
    await Promise.all([first, second].map((worker) => worker.line(/Backend file, namespace workers/)));
    const sender = await Promise.race(
      [first, second].map(async (worker) => {
        await worker.line(/newsletter.* sent to Ada/);
        return worker;
      }),
    );
    const other = sender === first ? second : first;
    const from = other.lines.length;
    sender.send('SIGTERM');
    expect(await sender.end(5_000)).toEqual({ code: 0, signal: null });
    for (const said of [
      /newsletter was interrupted after .*; another instance takes its slot/,
      /Drained in /,
    ]) {
      expect(sender.lines.some((line) => said.test(line))).toBe(true);
    }

    await other.line(/Lease acquired: newsletter/, { from, timeout: 2_000 });
    await other.line(/newsletter.* sent to Margaret/, { from });
    expect(other.hasEnded).toBe(false);
  });
});

describe('a worker', () => {
  it('is kept alive by its jobs, and ends in order when none is running', async () => {
    const worker = start('worker-1', { NODE_ENV: 'production', LEASED_JOBS_BACKEND: 'file' });
    const line = await worker.line(/exchange-rates/);
    expect(JSON.parse(line)).toMatchObject({ level: 'log' });
    worker.send('SIGTERM');
    expect(await worker.end(10_000)).toEqual({ code: 0, signal: null });
  });

  it('says in one message what is wrong with its settings, and exits with 1', async () => {
    const worker = start('worker-1', { LEASED_JOBS_BACKEND: 'nowhere' });
    expect(await worker.end(10_000)).toEqual({ code: 1, signal: null });
    expect(worker.lines.filter((line) => line.includes('LEASED_JOBS_BACKEND is "nowhere"'))).toHaveLength(1);
  });
});
