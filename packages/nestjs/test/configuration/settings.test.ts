import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { packageName } from '../../src/configuration/package-name.js';
import { resolveSettings } from '../../src/configuration/settings.js';
import type { LeasedJobsModuleOptions } from '../../src/module-options.js';

function resolved(options: LeasedJobsModuleOptions): ReturnType<typeof resolveSettings> {
  const problems: string[] = [];
  const settings = resolveSettings(options, problems);
  expect(problems).toEqual([]);
  return settings;
}

const ALL = {
  LEASED_JOBS_BACKEND: 'memory',
  LEASED_JOBS_NAMESPACE: 'shop',
  LEASED_JOBS_TTL: '20000',
  LEASED_JOBS_DRAIN_TIMEOUT: '0',
  LEASED_JOBS_ENABLED: 'false',
  LEASED_JOBS_INSTANCE: 'web-1',
};

describe('the settings', () => {
  it('come from the environment', () => {
    expect(resolved({ env: ALL })).toMatchObject({
      backend: 'memory',
      namespace: 'shop',
      ttl: 20_000,
      drainTimeout: 0,
      enabled: false,
      instance: 'web-1',
    });
  });

  it('come from the options, where both are given', () => {
    const options = {
      backend: 'file',
      namespace: 'blog',
      ttl: 1_000,
      drainTimeout: 5,
      enabled: true,
      instance: 'web-2',
    };
    expect(resolved({ ...options, env: { ...ALL, LEASED_JOBS_TTL: 'not read' } })).toMatchObject(options);
  });

  it('are left to the defaults where a variable is set to nothing', () => {
    const env = Object.fromEntries(Object.keys(ALL).map((name) => [name, '']));
    expect(resolved({ env })).toMatchObject({
      backend: 'file',
      namespace: `${packageName(process.cwd())}:development`,
      ttl: undefined,
      drainTimeout: undefined,
      enabled: true,
      instance: undefined,
    });
  });

  it('keep environments apart: the namespace has the name of the package and NODE_ENV', () => {
    expect(resolved({ env: { NODE_ENV: 'staging' } }).namespace).toMatch(/:staging$/);
  });

  it.each([undefined, null])('may come from a factory that returns %s', (options) => {
    expect(resolveSettings(options as undefined, []).enabled).toBe(true);
  });
});

describe('the name of the package', () => {
  const root = mkdtempSync(join(tmpdir(), 'leased-jobs-'));
  afterAll(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'dist', 'src'), { recursive: true });
  writeFileSync(join(root, 'package.json'), '{ "name": "@acme/shop" }');
  writeFileSync(join(root, 'dist', 'package.json'), '{ "type": "module" }');
  writeFileSync(join(root, 'dist', 'src', 'package.json'), 'not json');

  it('is that of the nearest package.json with a name', () => {
    expect(packageName(join(root, 'dist', 'src'))).toBe('@acme/shop');
    expect(packageName(tmpdir())).toBeUndefined();
  });

  it('is asked for, where there is none', () => {
    const before = process.cwd();
    process.chdir(tmpdir());
    try {
      const problems: string[] = [];
      resolveSettings({ env: {} }, problems);
      expect(problems).toEqual([expect.stringContaining('LEASED_JOBS_NAMESPACE is not set')]);
      expect(resolved({ env: { npm_package_name: 'shop', NODE_ENV: 'test' } }).namespace).toBe('shop:test');
    } finally {
      process.chdir(before);
    }
  });
});
