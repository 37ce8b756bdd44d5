import {
  type AzuriteServer,
  azuriteConnectionString,
  type RedisServer,
  startAzurite,
  startRedis,
} from '@leased-jobs/backends';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { accountSas } from './support/account-sas.js';
import { installed, runSmallApp } from './support/app-process.js';

jest.setTimeout(20_000);

const PASSWORD = 'Tr0ub4dor';
const WRONG_PASSWORD = 'c0rrecth0rse';
const WRONG_KEY = Buffer.from('this is the key of some other account').toString('base64');
/** Reserved: no name server knows it. */
const NO_HOST = 'no-such-host.invalid';
/** A port of the system's that nobody listens on. */
const REFUSED = '127.0.0.1:9';

/** What is wrong, the environment, and what a person reads of it. */
type Case = readonly [
  what: string,
  env: () => Readonly<Record<string, string>>,
  says: readonly (string | RegExp)[],
];

let redis: RedisServer;
let azurite: AzuriteServer;
const secrets = [PASSWORD, WRONG_PASSWORD, WRONG_KEY];

beforeAll(async () => {
  [redis, azurite] = await Promise.all([startRedis(), startAzurite()]);
  const user = (name: string, ...rules: readonly string[]): Promise<string> =>
    redis.command('ACL', 'SETUSER', name, 'on', `>${PASSWORD}`, '&*', ...rules);
  await user('elsewhere', '~other:*', '+@all');
  await user('reader', '~leased-jobs:*', '+@connection', '+@read', '+info');
  await user('halfway', '~leased-jobs:*', '+@all', '-set');
  await redis.command('CONFIG', 'SET', 'requirepass', PASSWORD);
  secrets.push(/AccountKey=([^;]+)/.exec(azurite.connectionString)?.[1] ?? '');
}, 300_000);
afterAll(() => Promise.all([redis.stop(), azurite.stop()]));

const redisAs = (credentials: string) => () => ({
  LEASED_JOBS_BACKEND: 'redis',
  REDIS_URL: redis.url.replace('//', `//${credentials}`),
});
const redisUrl = (url: string) => () => ({ LEASED_JOBS_BACKEND: 'redis', REDIS_URL: url });
const account =
  (connectionString: () => string, env: Readonly<Record<string, string>> = {}) =>
  () => ({
    LEASED_JOBS_BACKEND: 'azure-blob',
    AZURE_STORAGE_CONNECTION_STRING: connectionString(),
    ...env,
  });
const sas = (options: Parameters<typeof accountSas>[1]) => () => {
  const { query, signature } = accountSas(azurite.connectionString, options);
  secrets.push(signature, encodeURIComponent(signature));
  return { LEASED_JOBS_BACKEND: 'azure-blob', AZURE_STORAGE_ACCOUNT_URL: `${azurite.url}?${query}` };
};

/** The app does not start, for what is wrong can be seen without asking anybody. */
const REFUSED_AT_START: readonly Case[] = [
  [
    'no REDIS_URL',
    () => ({ LEASED_JOBS_BACKEND: 'redis' }),
    ['REDIS_URL is not set', 'redis://user:password@host'],
  ],
  [
    'a REDIS_URL of another scheme',
    redisUrl(`https://app:${PASSWORD}@cache:6379`),
    ['REDIS_URL="https://***@cache:6379/" has a scheme that is not Redis', 'rediss://… for TLS'],
  ],
  [
    'a REDIS_URL without a scheme',
    redisUrl(`app:${PASSWORD}@cache:6379`),
    ['REDIS_URL is no URL', 'redis://'],
  ],
  ['a password with a slash', redisUrl(`redis://app:1/${PASSWORD}@cache`), ['REDIS_URL is cut off', '%2F']],
  [
    'no account',
    () => ({ LEASED_JOBS_BACKEND: 'azure-blob' }),
    ['needs an account', 'AZURE_STORAGE_CONNECTION_STRING', 'AZURE_STORAGE_ACCOUNT_URL'],
  ],
  [
    'half of a connection string',
    account(() => `AccountKey=${WRONG_KEY}`),
    ['AZURE_STORAGE_CONNECTION_STRING is no connection string', 'it has AccountKey', 'Copy it whole'],
  ],
  [
    'a container that Azure refuses',
    account(() => azurite.connectionString, { LEASED_JOBS_CONTAINER: 'Leased_Jobs' }),
    ['LEASED_JOBS_CONTAINER is "Leased_Jobs"', '3 to 63 lower-case letters'],
  ],
  [
    'a ttl of 10 s on blobs',
    account(() => azurite.connectionString, { LEASED_JOBS_TTL: '10000' }),
    ['LEASED_JOBS_TTL: A ttl of 10000 ms', 'azure-blob', 'multiple of 1000 ms from 15000 to 60000'],
  ],
  [
    'an account without a SAS, and no @azure/identity',
    () => ({
      LEASED_JOBS_BACKEND: 'azure-blob',
      AZURE_STORAGE_ACCOUNT_URL: 'https://a.blob.core.windows.net',
    }),
    ['AZURE_STORAGE_ACCOUNT_URL has no SAS', 'npm install @azure/identity'],
  ],
];

/** Only the store can tell. The app starts, runs no job, and says why at the first slot. */
const REFUSED_BY_THE_STORE: readonly Case[] = [
  [
    'no password',
    redisAs(''),
    ['Redis refuses this client: NOAUTH. The server wants a password', 'REDIS_URL'],
  ],
  [
    'a wrong password',
    redisAs(`:${WRONG_PASSWORD}@`),
    ['WRONGPASS', 'Look at the user and the password in REDIS_URL'],
  ],
  [
    'an unknown user',
    redisAs(`nobody:${PASSWORD}@`),
    ['WRONGPASS', 'Look at the user and the password in REDIS_URL'],
  ],
  ['a user of other keys', redisAs(`elsewhere:${PASSWORD}@`), ['NOPERM', 'keys', '"Permissions needed"']],
  ['a user who may only read', redisAs(`reader:${PASSWORD}@`), ['NOPERM', 'evalsha', '"Permissions needed"']],
  [
    'a user who may not do all that a script does',
    redisAs(`halfway:${PASSWORD}@`),
    [
      "Redis refuses this client: ERR The user executing the script can't run this command",
      '"Permissions needed"',
    ],
  ],
  [
    'no database of that number',
    () => ({ LEASED_JOBS_BACKEND: 'redis', REDIS_URL: `${redis.url.replace('//', `//:${PASSWORD}@`)}/99` }),
    ['DB index is out of range', 'REDIS_URL ends with the number'],
  ],
  [
    'no such host of a Redis',
    redisUrl(`redis://app:${PASSWORD}@${NO_HOST}`),
    [/ENOTFOUND no-such-host|EAI_AGAIN no-such-host/, 'There is no such host', 'REDIS_URL'],
  ],
  [
    'no Redis at that port',
    redisUrl(`redis://:${PASSWORD}@${REFUSED}`),
    ['ECONNREFUSED 127.0.0.1:9', 'Nobody listens there', 'REDIS_URL'],
  ],
  [
    'a wrong account key',
    account(() => azurite.connectionString.replace(/AccountKey=[^;]+/, `AccountKey=${WRONG_KEY}`)),
    [
      'the container "leased-jobs" at 127.0.0.1:',
      '403',
      'Look whether the account key or the SAS is complete',
    ],
  ],
  ['a SAS that may only read', sas({ permissions: 'r' }), ['403 Authorization', 'r, w and l']],
  [
    'a SAS that has expired',
    sas({ permissions: 'rwl', expires: Date.now() - 60_000 }),
    ['403', 'not expired'],
  ],
  [
    'no such account',
    account(() => azuriteConnectionString(`http://${NO_HOST}/devstoreaccount1`)),
    [`the container "leased-jobs" at ${NO_HOST} could not be reached`, 'There is no such host'],
  ],
  [
    'no blob service at that port',
    account(() => azuriteConnectionString(`http://${REFUSED}/devstoreaccount1`)),
    ['127.0.0.1:9 could not be reached: ECONNREFUSED. Nobody listens there'],
  ],
];

function expectNoSecret(output: string): void {
  for (const secret of secrets) expect(output).not.toContain(secret);
  expect(output).not.toMatch(/AccountKey=|sig=/);
}

function expectOneSentence(complaints: readonly string[], says: readonly (string | RegExp)[]): void {
  expect(complaints).toHaveLength(1);
  for (const text of says) expect(complaints[0]).toMatch(text);
}

describe('an app whose store cannot be used', () => {
  it.each(REFUSED_AT_START)('does not start, and says why: %s', async (_, env, says) => {
    const { code, output, complaints } = await runSmallApp(env());
    expect(code).toBe(1);
    expect(output).not.toContain('RUN');
    expectOneSentence(complaints, says);
    expectNoSecret(output);
  });

  it.each(REFUSED_BY_THE_STORE)('runs nothing, and says why: %s', async (_, env, says) => {
    const { output, complaints } = await runSmallApp(env());
    expect(output).not.toContain('RUN');
    expect(output).toContain('StoreError');
    expectOneSentence(complaints, says);
    expectNoSecret(output);
  });

  it.each([
    ['the right password', () => redisAs(`:${PASSWORD}@`)()],
    ['the right key', () => account(() => azurite.connectionString)()],
    ['a SAS with all that is needed', () => sas({ permissions: 'rwl' })()],
  ])('would run with %s', async (_, env) => {
    const { output, complaints } = await runSmallApp(env());
    expect(output).toContain('RUN\n');
    expect(complaints).toEqual([]);
    expectNoSecret(output);
  });
});

describe('an app that has not installed its backend', () => {
  it.each([
    [
      'the package of redis',
      'redis',
      [],
      'which is not installed. Run: npm install @leased-jobs/provider-redis ioredis',
    ],
    [
      'the package of azure-blob',
      'azure-blob',
      [],
      'which is not installed. Run: npm install @leased-jobs/provider-azure-blob @azure/storage-blob',
    ],
    [
      'ioredis',
      'redis',
      ['provider-redis'],
      'which needs the package ioredis, and that is not installed. Run: npm install ioredis',
    ],
    [
      '@azure/storage-blob',
      'azure-blob',
      ['provider-azure-blob'],
      'which needs the package @azure/storage-blob, and that is not installed. Run: npm install @azure/storage-blob',
    ],
  ])('does not start without %s, and says how to get it', async (_, backend, packages, says) => {
    await using place = await installed(...packages);
    const env = { LEASED_JOBS_BACKEND: backend, REDIS_URL: `redis://:${PASSWORD}@cache` };
    const { code, output, complaints } = await runSmallApp(env, place.app);
    expect(code).toBe(1);
    expectOneSentence(complaints, [`LEASED_JOBS_BACKEND is "${backend}", ${says}`]);
    expectNoSecret(output);
  });
});
