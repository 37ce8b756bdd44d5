import { MemoryLeaseProvider } from '@leased-jobs/core';
import { describe, expect, it } from '@jest/globals';
import { JobSettings, settingName } from '../../src/configuration/job-settings.js';

function read(env: Record<string, string>): { settings: JobSettings; problems: readonly string[] } {
  const problems: string[] = [];
  return { settings: new JobSettings(env, new MemoryLeaseProvider(), problems), problems };
}

describe('the variable of one job', () => {
  it.each([
    ['Newsletter.send', 'LEASED_JOBS_NEWSLETTER_SEND_ENABLED'],
    ['newsletter-send', 'LEASED_JOBS_NEWSLETTER_SEND_ENABLED'],
    ['sendMails', 'LEASED_JOBS_SENDMAILS_ENABLED'],
    ['v2: clean up!', 'LEASED_JOBS_V2_CLEAN_UP__ENABLED'],
  ])('for the switch of %s is %s', (job, name) => {
    expect(settingName(job, 'enabled')).toBe(name);
  });

  it('says something of that job, and nothing if it is set to nothing', () => {
    const { settings, problems } = read({
      LEASED_JOBS_A_ENABLED: 'false',
      LEASED_JOBS_A_TTL: '20000',
      LEASED_JOBS_A_INTERVAL: '3000000000',
      LEASED_JOBS_B_CRON: '0 2 * * *',
      LEASED_JOBS_C_ENABLED: '',
    });
    expect(problems).toEqual([]);
    expect(['a', 'b', 'c', 'd'].map((job) => settings.of(job))).toEqual([
      { enabled: false, ttl: 20_000, interval: 3_000_000_000 },
      { cron: '0 2 * * *' },
      {},
      {},
    ]);
  });

  it('is a likely typo if no job asks for it, as is a variable that nobody knows', () => {
    const { settings } = read({
      LEASED_JOBS_TTL: '30000',
      LEASED_JOBS_DRAIN_TIMEOUT: '10000',
      LEASED_JOBS_DIRECTORY: '/tmp',
      LEASED_JOBS_TLL: '5',
      LEASED_JOBS_A_ENABLED: 'true',
      LEASED_JOBS_A_TTL: '20000',
      LEASED_JOBS_Z_INTERVAL: '10',
      PATH: '/',
    });
    settings.of('a');
    expect(settings.unknown()).toEqual(['LEASED_JOBS_TLL', 'LEASED_JOBS_Z_INTERVAL']);
  });

  it.each([
    ['LEASED_JOBS_A_ENABLED', 'yes', 'LEASED_JOBS_A_ENABLED is "yes". Choose true or false.'],
    [
      'LEASED_JOBS_A_TTL',
      '30s',
      'LEASED_JOBS_A_TTL is "30s". Choose a whole number of milliseconds from 1 to 2147483647.',
    ],
    ['LEASED_JOBS_A_TTL', '100', /^LEASED_JOBS_A_TTL: A ttl of 100 ms is too short .* at least \d+ ms\.$/],
    [
      'LEASED_JOBS_A_INTERVAL',
      '0',
      'LEASED_JOBS_A_INTERVAL is "0". Choose a whole number of milliseconds from 1 to 3153600000000.',
    ],
    [
      'LEASED_JOBS_A_CRON',
      '61 * * * *',
      /^LEASED_JOBS_A_CRON: "61 \* \* \* \*" is no cron expression: .* Write five fields/,
    ],
    ['LEASED_JOBS_A_CRON', '0 0 31 2 *', /^LEASED_JOBS_A_CRON: .* "0 0 31 2 \*" is never due\. Write/],
  ])('is refused with its name and with what is legal: %s=%s', (name, value, says) => {
    const { problems } = read({ [name]: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(says);
  });
});
