import { describe, expect, it } from '@jest/globals';
import type { JobInfo } from '@leased-jobs/nestjs';
import type { HealthReport } from '../../src/status/health.js';
import { statusPage } from '../../src/status/status-page.js';

const AT = new Date('2030-01-01T00:00:20Z');

const JOB: JobInfo = {
  name: 'newsletter',
  lock: 'readers',
  locks: ['readers'],
  record: 'newsletter',
  schedule: 'every 10000 ms',
  enabled: true,
  running: false,
  next: new Date(AT.getTime() + 4_200),
  holder: null,
  holders: [],
  paused: false,
  lastRun: null,
};

function page(jobs: readonly Partial<JobInfo>[], report: Partial<HealthReport> = {}): string {
  return statusPage({
    status: 'ok',
    instance: 'web-2',
    pid: 42,
    at: AT,
    jobs: jobs.map((job) => ({ ...JOB, ...job })),
    ...report,
  });
}

describe('the page', () => {
  it('says which instance has answered, when each job runs next, and that it has not run yet', () => {
    const text = page([{}]);
    expect(text).toContain('answered by <b>web-2</b> (pid 42)');
    expect(text).toContain('every 10 s');
    expect(text).toContain('in 4.2 s');
    expect(text).toContain('none yet');
    expect(text).toContain('readers <small>free</small>');
  });

  it('says who holds a lock', () => {
    expect(page([{ holder: 'web-3' }])).toContain('held by <b class="badge holder">web-3</b>');
  });

  it('tells of the last run: how it ended, where, when, how long it took, and why it failed', () => {
    const lastRun = {
      instance: 'web-1',
      fencingToken: 7,
      slot: null,
      startedAt: AT.getTime() - 6_500,
      duration: 1_500,
      outcome: 'failed',
      error: 'no such list',
    } as const;
    const text = page([{ lastRun }]);
    expect(text).toContain('<b class="badge failed">failed</b> on <b>web-1</b>');
    expect(text).toContain('5 s ago, took 1.5 s, token 7');
    expect(text).toContain('no such list');
  });

  it.each([
    ['switched off', { enabled: false, next: null }],
    ['paused', { paused: true }],
    ['stopping', { next: null }],
  ] as const)('says why there is no next slot: %s', (why, job) => {
    expect(page([job])).toMatch(new RegExp(`<i>[^<]*${why}`));
  });

  it('says that the store cannot be asked, and why', () => {
    const text = page([], { status: 'store-unreachable', error: 'connect ECONNREFUSED' });
    expect(text).toContain('The store cannot be asked.</b> connect ECONNREFUSED');
  });

  it('lets nothing through that came from a store or a variable', () => {
    const evil = '<img src=x onerror="alert(1)">';
    const lastRun = {
      instance: evil,
      fencingToken: 1,
      slot: null,
      startedAt: 0,
      duration: 0,
      outcome: 'failed',
      error: evil,
    } as const;
    const job = { name: evil, lock: evil, schedule: evil, holder: evil, lastRun };
    expect(page([job], { instance: evil, error: evil })).not.toContain('<img');
  });
});
