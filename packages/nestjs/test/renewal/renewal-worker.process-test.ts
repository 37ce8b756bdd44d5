import { type AzuriteServer, type RedisServer, startAzurite, startRedis } from '@leased-jobs/backends';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Blocked, runBlockedApp } from '../support/app-process.js';

jest.setTimeout(90_000);

interface Backend {
  readonly name: string;
  /** Milliseconds. The shortest that it has, or little more. */
  readonly ttl: number;
  readonly env: () => Readonly<Record<string, string>>;
}

let redis: RedisServer;
let azurite: AzuriteServer;
const folder = mkdtempSync(join(tmpdir(), 'leased-jobs-'));
const BACKENDS: readonly Backend[] = [
  { name: 'file', ttl: 1_500, env: () => ({ LEASED_JOBS_DIRECTORY: folder }) },
  { name: 'redis', ttl: 1_500, env: () => ({ REDIS_URL: redis.url }) },
  {
    name: 'azure-blob',
    ttl: 15_000,
    env: () => ({ AZURE_STORAGE_CONNECTION_STRING: azurite.connectionString }),
  },
];

beforeAll(async () => {
  [redis, azurite] = await Promise.all([startRedis(), startAzurite()]);
}, 300_000);
afterAll(async () => {
  await Promise.all([redis.stop(), azurite.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

/** Blocks the event loop of an app for some ttls while it holds a lease. */
function blocked(
  { name, ttl, env }: Backend,
  ttls: number,
  settings: Readonly<Record<string, string>>,
): Promise<Blocked> {
  const lock = `held ${JSON.stringify(settings)}`;
  return runBlockedApp(
    { lock, blocked: ttls * ttl },
    { LEASED_JOBS_BACKEND: name, LEASED_JOBS_TTL: String(ttl), ...env(), ...settings },
  );
}

describe('a lease whose holder blocks its event loop for longer than the ttl', () => {
  it('is kept on each backend if a worker renews it, and else lost in the middle', async () => {
    const results = await Promise.all(
      BACKENDS.map(async (backend) => {
        const [byWorker, byMain] = await Promise.all(
          ['worker', 'main'].map((renewal) => blocked(backend, 1.6, { LEASED_JOBS_RENEWAL: renewal })),
        );
        return { byWorker, byMain };
      }),
    );
    for (const { byWorker, byMain } of results) {
      expect(byWorker).toMatchObject({ code: 0, inTheMiddle: true, afterwards: true });
      expect(byWorker?.events.filter((type) => type === 'renewed').length).toBeGreaterThanOrEqual(4);
      expect(byWorker?.events.slice(-2)).toEqual(['released', 'drained']);
      expect(byMain).toMatchObject({ code: 0, inTheMiddle: false, afterwards: false });
      expect(byMain?.events).toContain('lost expired');
    }
  });

  it('is lost if that takes longer than maxBlocked and the ttl, whoever renews it', async () => {
    const settings = { LEASED_JOBS_RENEWAL: 'worker', LEASED_JOBS_MAX_BLOCKED: '1000' };
    const results = await Promise.all(BACKENDS.slice(0, 2).map((backend) => blocked(backend, 3, settings)));
    for (const result of results) {
      expect(result).toMatchObject({ code: 0, inTheMiddle: false, afterwards: false });
      expect(result.events).toContain('lost expired');
    }
  });
});

describe('a worker that cannot make its provider', () => {
  it('is told of, and the leases are renewed without it', async () => {
    const result = await runBlockedApp(
      { lock: 'held', blocked: 0, settle: 4_000 },
      {
        LEASED_JOBS_BACKEND: 'redis',
        LEASED_JOBS_TTL: '1500',
        LEASED_JOBS_RENEWAL: 'worker',
        REDIS_URL: redis.url,
        BREAK_WORKER: 'true',
      },
    );
    expect(result).toMatchObject({ code: 0, afterwards: true });
    expect(result.events).toContain('renewal-worker-ended');
    expect(result.events.filter((type) => type === 'renewed').length).toBeGreaterThanOrEqual(4);
    expect(result.output).toContain(
      'The thread that renewed the leases has ended, so they are renewed without it',
    );
  });
});
