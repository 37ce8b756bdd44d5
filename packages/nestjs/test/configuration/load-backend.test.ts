import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '@leased-jobs/testing';
import { afterAll, describe, expect, it } from '@jest/globals';
import { importPackage } from '../../src/configuration/import-package.js';
import { type BackendContext, loadBackend } from '../../src/configuration/load-backend.js';

const directory = mkdtempSync(join(tmpdir(), 'leased-jobs-'));
afterAll(() => rmSync(directory, { recursive: true }));

const context: BackendContext = {
  origin: 'LEASED_JOBS_BACKEND',
  env: { NAME: 'from the env' },
  clock: undefined,
  directory,
  importPackage,
};

/** A provider that can do nothing but be one. */
const PROVIDER = `{
  name: env.NAME, limits: {}, acquire() {}, renew() {}, release() {}, setPaused() {}, read() {}, list() {}, close() {},
}`;

function install(name: string, manifest: object, code: string): void {
  const root = join(directory, 'node_modules', name);
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, 'package.json'), JSON.stringify({ name, version: '1.0.0', ...manifest }));
  writeFileSync(join(root, 'main.js'), code);
}

describe('a backend that is the name of a package', () => {
  it.each([
    ['an ES module', { type: 'module', exports: './main.js' }],
    [
      'an ES module that is for import only',
      { type: 'module', exports: { '.': { types: './x.d.ts', import: './main.js' } } },
    ],
  ])('is found from the app, and made from the environment: %s', async (title, manifest) => {
    const name = `@acme/${title.replaceAll(' ', '-').toLowerCase()}`;
    install(name, manifest, `export const leaseProviderFromEnv = async (env) => (${PROVIDER});`);
    expect((await loadBackend(name, context)).name).toBe('from the env');
  });

  it('may be a CommonJS module', async () => {
    install(
      'acme-commonjs',
      { main: 'main.js' },
      `const f = (env) => (${PROVIDER}); module.exports = { leaseProviderFromEnv: f };`,
    );
    expect((await loadBackend('acme-commonjs', context)).name).toBe('from the env');
  });

  it('is refused by what it throws, with its message', async () => {
    install(
      'acme-fails',
      { type: 'module', exports: './main.js' },
      `export const leaseProviderFromEnv = () => { throw new Error('ACME_URL is not set.'); };`,
    );
    await expect(loadBackend('acme-fails', context)).rejects.toMatchObject({
      code: 'LEASED_JOBS_CONFIGURATION',
      message: 'LEASED_JOBS_BACKEND is "acme-fails", which cannot be used: ACME_URL is not set.',
    });
  });

  it('is refused if it breaks while it is loaded', async () => {
    install(
      'acme-breaks',
      { type: 'module', exports: './main.js' },
      `throw new Error('no such native addon');`,
    );
    await expect(loadBackend('acme-breaks', context)).rejects.toMatchObject({
      code: 'LEASED_JOBS_CONFIGURATION',
      message: expect.stringContaining('no such native addon'),
    });
  });

  it('is refused if it returns no provider', async () => {
    install(
      'acme-null',
      { type: 'module', exports: './main.js' },
      `export const leaseProviderFromEnv = () => null;`,
    );
    await expect(loadBackend('acme-null', context)).rejects.toThrow(
      'LEASED_JOBS_BACKEND is "acme-null". What its leaseProviderFromEnv(env) returned is no LeaseProvider: it lacks',
    );
  });
});

it('does not repeat an address that was taken for a name, for it may hold a password', async () => {
  const error = await loadBackend('redis://app:s3cret@cache', context).catch((thrown: unknown) => thrown);
  expect(String(error)).toContain('LEASED_JOBS_BACKEND is "redis://…"');
  expect(String(error)).not.toContain('s3cret');
});

describe('a backend of ours', () => {
  const nothing = { ...context, importPackage: async () => null };

  it('that is not installed is one sentence, with the command that installs it', async () => {
    await expect(loadBackend('redis', nothing)).rejects.toThrow(
      'LEASED_JOBS_BACKEND is "redis", which is not installed. Run: npm install @leased-jobs/provider-redis ioredis',
    );
  });

  it('is never somebody else’s package of that name', async () => {
    const asked: string[] = [];
    const record = { ...context, importPackage: async (name: string) => (asked.push(name), null) };
    await expect(loadBackend('redis', record)).rejects.toThrow('not installed');
    await expect(loadBackend('mongodb', record)).rejects.toThrow('There is no such backend');
    await expect(loadBackend('@acme/locks', record)).rejects.toThrow('There is no such backend');
    expect(asked).toEqual([
      '@leased-jobs/provider-redis',
      '@leased-jobs/provider-mongodb',
      'mongodb',
      '@acme/locks',
    ]);
  });

  it('is memory, which all apps of a process share unless they bring a clock', async () => {
    const request = { lock: 'memory', grantId: 'a', holder: 'a', ttl: 1_000 };
    const [one, two] = [await loadBackend('memory', context), await loadBackend('memory', context)];
    const own = await loadBackend('memory', { ...context, clock: new ManualClock() });
    const { signal } = new AbortController();
    expect(await one.acquire(request, signal)).toMatchObject({ grantId: 'a' });
    expect(await two.acquire({ ...request, grantId: 'b' }, signal)).toMatchObject({ refused: 'held' });
    expect(await own.acquire({ ...request, grantId: 'c' }, signal)).toMatchObject({ grantId: 'c' });
  });
});
