import { MemoryLeaseProvider } from '@leased-jobs/core';
import { expect, it } from '@jest/globals';
import { ExclusiveInterval, type LeasedJobsModuleOptions } from '@leased-jobs/nestjs';
import { ENV, RecordingLogger, startApp } from '../nest-app.js';

const HOUR = 3_600_000;

class Named {
  @ExclusiveInterval(HOUR, 'named')
  run(): void {}
}

class Unnamed {
  @ExclusiveInterval(HOUR)
  one(): void {}
  @ExclusiveInterval(HOUR, { name: 'second' })
  two(): void {}
}

async function warnings(
  env: Record<string, string>,
  provider: typeof Named | typeof Unnamed = Named,
  options?: LeasedJobsModuleOptions,
): Promise<readonly string[]> {
  const logger = new RecordingLogger();
  const app = await startApp({
    providers: [provider],
    options: { env: { ...ENV, ...env }, ...options },
    logger,
  });
  await app.close();
  return logger.lines.filter((line) => line.startsWith('warn'));
}

it('says nothing of a set-up in which there is nothing to warn of', async () => {
  expect(await warnings({})).toEqual([]);
});

it('warns once of all the locks that a renaming would rename', async () => {
  expect(await warnings({}, Unnamed)).toEqual([
    expect.stringMatching(/^warn Unnamed\.one and 1 more: the lock has the name of its class and method/),
  ]);
});

it('warns once of variables that nothing reads', async () => {
  expect(await warnings({ LEASED_JOBS_TLL: '5', LEASED_JOBS_X_ENABLED: 'false' })).toEqual([
    'warn Nothing reads LEASED_JOBS_TLL, LEASED_JOBS_X_ENABLED. Look for a typo.',
  ]);
});

it('warns in production if nobody has named the namespace, which two apps of one package would share', async () => {
  const production = { NODE_ENV: 'production', LEASED_JOBS_NAMESPACE: '' };
  expect(await warnings(production)).toContainEqual(
    expect.stringMatching(
      /^warn The namespace is ".+:production", from package.json and NODE_ENV\. Another app/,
    ),
  );
  expect(await warnings({ ...production, NODE_ENV: 'test' })).toEqual([]);
});

it('warns in production if the store excludes nobody on another host', async () => {
  expect(await warnings({ NODE_ENV: 'production' })).toEqual([
    expect.stringContaining('The memory backend excludes nobody outside of this process.'),
  ]);
  const cluster = new MemoryLeaseProvider();
  Object.defineProperty(cluster, 'limits', { value: { ...cluster.limits, excludes: 'cluster' } });
  expect(await warnings({ NODE_ENV: 'production' }, Named, { backend: cluster })).toEqual([]);
});
