import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type AzuriteServer,
  findAzurite,
  findRedis,
  type RedisServer,
  startAzurite,
  startAzuriteProxy,
  startRedis,
} from '../src/index.js';
import { blobAccount } from '../src/blob-account.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const VARIABLES = ['REDIS_URL', 'AZURE_STORAGE_CONNECTION_STRING'];
const before = VARIABLES.map((name) => process.env[name]);
const restore = (): void => {
  for (const [n, name] of VARIABLES.entries()) {
    if (before[n] === undefined) delete process.env[name];
    else process.env[name] = before[n];
  }
};
beforeEach(restore);
afterAll(restore);

/** Runs some cases of a contract in a process of their own, as `npm test` does, with that environment. */
async function contract(provider: string, env: Readonly<Record<string, string>>): Promise<string> {
  const jest = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js'];
  const which = [
    '--selectProjects',
    'processes',
    '--testPathPatterns',
    `${provider}/.*contract`,
    '-t',
    'C6:',
  ];
  const { stderr } = await promisify(execFile)(process.execPath, [...jest, ...which], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    timeout: 60_000,
  });
  return stderr;
}

describe('a Redis that is there already', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  }, 300_000);
  afterAll(() => server.stop());

  it('is used if REDIS_URL names it, and goes on when the tests are through', async () => {
    process.env['REDIS_URL'] = ` ${server.url}/1 `;
    const found = await findRedis();
    expect(found.url).toBe(`${server.url}/1`);
    await found.stop();
    expect(await server.command('PING')).toBe('+PONG');
  });

  it('is not what is started for tests that flush, freeze or end a server', async () => {
    process.env['REDIS_URL'] = server.url;
    await using own = await startRedis();
    expect(own.url).not.toBe(server.url);
  });

  it.each(['rediss://app:s3cret@cache', 'http://app:s3cret@cache', 'app:s3cret@cache', 'redis://'])(
    'is refused, without a word of its URL, if that is %s',
    async (url) => {
      process.env['REDIS_URL'] = url;
      const failure = await findRedis().catch((thrown: unknown) => thrown);
      expect(String(failure)).toMatch(/^Error: REDIS_URL is set, and is no redis:\/\/host:port .* unset it/);
      expect(String(failure)).not.toContain('s3cret');
    },
  );

  it('passes the contract, and keeps what others have there', async () => {
    await server.command('SET', 'theirs', 'untouched');
    await server.command('SET', 'leased-jobs:{shop/newsletter}:token', '7');
    expect(await contract('provider-redis', { REDIS_URL: server.url })).toMatch(/Tests: .*\d passed/);
    expect(await server.command('GET', 'theirs')).toBe('$9\r\nuntouched');
    expect(await server.command('GET', 'leased-jobs:{shop/newsletter}:token')).toBe('$1\r\n7');
    expect(Number((await server.command('DBSIZE')).slice(1))).toBeGreaterThan(2);
  }, 60_000);
});

describe('a blob service that is there already', () => {
  let azurite: AzuriteServer;
  beforeAll(async () => {
    azurite = await startAzurite();
  }, 30_000);
  afterAll(() => azurite.stop());

  it('is used if AZURE_STORAGE_CONNECTION_STRING names it, and goes on when the tests are through', async () => {
    process.env['AZURE_STORAGE_CONNECTION_STRING'] = azurite.connectionString;
    const found = await findAzurite();
    expect([found.url, found.connectionString]).toEqual([azurite.url, azurite.connectionString]);
    await found.stop();
    expect((await fetch(azurite.url, { signal: AbortSignal.timeout(5_000) })).status).toBeGreaterThan(0);
  });

  it('is not what is started for tests that freeze or end a service', async () => {
    process.env['AZURE_STORAGE_CONNECTION_STRING'] = azurite.connectionString;
    await using own = await startAzurite();
    expect(own.url).not.toBe(azurite.url);
  });

  it('passes the contract', async () => {
    await using proxy = await startAzuriteProxy(azurite);
    const env = { AZURE_STORAGE_CONNECTION_STRING: proxy.connectionString };
    expect(await contract('provider-azure-blob', env)).toMatch(/Tests: .*\d passed/);
    expect(proxy.requests.filter((request) => request === 'PUT lease acquire')).not.toEqual([]);
  }, 60_000);
});

describe('the account in a connection string', () => {
  it.each([
    ['UseDevelopmentStorage=true', 'http://127.0.0.1:10000/devstoreaccount1', 'devstoreaccount1'],
    ['DefaultEndpointsProtocol=https;AccountName=a;AccountKey=k==', 'https://a.blob.core.windows.net', 'a'],
    [
      'AccountName=a;AccountKey=k;EndpointSuffix=core.chinacloudapi.cn',
      'https://a.blob.core.chinacloudapi.cn',
      'a',
    ],
    ['AccountName=a;AccountKey=k;BlobEndpoint=http://azurite:10000/a/', 'http://azurite:10000/a', 'a'],
  ])('is found: %s', (connectionString, url, name) => {
    expect(blobAccount(connectionString)).toMatchObject({ url, credentials: { name } });
  });

  it('is refused without its key, in one sentence that shows nothing of it', () => {
    expect(() => blobAccount('BlobEndpoint=https://a.b;SharedAccessSignature=s3cret')).toThrow(
      /^AZURE_STORAGE_CONNECTION_STRING is set, and has no AccountName and AccountKey.* unset it/,
    );
  });
});
