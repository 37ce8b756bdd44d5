import { expect, it } from '@jest/globals';
import { ExclusiveInterval, LeasedJobs } from '@leased-jobs/nestjs';
import { ENV, startApp } from './nest-app.js';

class Jobs {
  @ExclusiveInterval(3_600_000, { name: 'plain' })
  plain(): void {}
  @ExclusiveInterval(3_600_000, { name: 'on', enabled: true })
  on(): void {}
  @ExclusiveInterval(3_600_000, { name: 'off', enabled: false })
  off(): void {}
}

it.each([
  ['all but those switched off in the code', {}, ['plain', 'on']],
  ['none, where the app is switched off, whatever the code says', { LEASED_JOBS_ENABLED: 'false' }, []],
  ['not the one that its variable switches off', { LEASED_JOBS_PLAIN_ENABLED: 'false' }, ['on']],
  ['the one that its variable switches on', { LEASED_JOBS_OFF_ENABLED: 'true' }, ['plain', 'on', 'off']],
  [
    'only the one that its variable switches on',
    { LEASED_JOBS_ENABLED: 'false', LEASED_JOBS_OFF_ENABLED: 'true' },
    ['off'],
  ],
])('an instance runs %s', async (_, env, expected) => {
  const app = await startApp({ providers: [Jobs], options: { env: { ...ENV, ...env } } });
  const jobs = await app.get(LeasedJobs).list();
  expect(jobs.filter(({ enabled, next }) => enabled && next !== null).map(({ name }) => name)).toEqual(
    expected,
  );
  await app.close();
});
