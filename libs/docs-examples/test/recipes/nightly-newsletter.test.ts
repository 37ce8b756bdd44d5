import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '@leased-jobs/testing';
import { NewsletterModule } from '../../src/recipes/nightly-newsletter.js';
import { fakeFetch } from './fake-fetch.js';
import { RecipeCluster, TAKEN_OVER } from './recipe-cluster.js';

const HOUR = 3_600_000;
const READERS = ['ada', 'grace', 'joan', 'mary'];

/** A mail service that knows what it has sent, and may be stuck at a mail for ever. */
function mailService() {
  const sent: string[] = [];
  let stuckAt: string | null = null;
  let failures = 0;
  fakeFetch(({ method, path, headers }) => {
    if (method === 'GET') {
      const issue = path.split('/')[2];
      return JSON.stringify(READERS.filter((reader) => !sent.includes(`${issue}/${reader}`)));
    }
    if (failures > 0) return (failures--, 503);
    const mail = headers.get('Idempotency-Key') ?? '';
    if (mail === stuckAt) {
      stuckAt = null;
      return new Promise<never>(() => {});
    }
    if (!sent.includes(mail)) sent.push(mail);
    return 201;
  });
  return { sent, sticksAt: (mail: string) => (stuckAt = mail), fails: (times: number) => (failures = times) };
}

/** Noon, UTC, of a day in October. */
function noon() {
  const clock = new ManualClock(Date.parse('2026-10-12T12:00:00Z'));
  return { clock, cluster: new RecipeCluster(NewsletterModule, clock), service: mailService() };
}

const issueOf = (day: string): string[] => READERS.map((reader) => `${day}/${reader}`);

describe('the nightly newsletter', () => {
  it('goes to each reader once a night, from one instance of three', async () => {
    const { clock, cluster, service } = noon();
    for (let n = 0; n < 3; n++) await cluster.start();
    await clock.advance(48 * HOUR);
    expect(service.sent).toEqual([...issueOf('2026-10-13'), ...issueOf('2026-10-14')]);
    expect(cluster.ended).toHaveLength(2);
  });

  it('goes on within a ttl when the instance that sends it dies', async () => {
    const { clock, cluster, service } = noon();
    service.sticksAt('2026-10-13/joan');
    const [one, two] = [await cluster.start(), await cluster.start()];
    await clock.advance(12 * HOUR + 5_000);
    expect(service.sent).toEqual(issueOf('2026-10-13').slice(0, 2));
    const holder = (await RecipeCluster.holder(two, 'Newsletter.send')) === one.name ? one : two;
    holder.kill();
    await clock.advance(TAKEN_OVER);
    expect(service.sent).toEqual(issueOf('2026-10-13'));
  });

  it('goes on at once when a deployment stops the instance that sends it', async () => {
    const { clock, cluster, service } = noon();
    service.sticksAt('2026-10-13/grace');
    const [one, two] = [await cluster.start(), await cluster.start()];
    await clock.advance(12 * HOUR + 5_000);
    const holder = (await RecipeCluster.holder(two, 'Newsletter.send')) === one.name ? one : two;
    await holder.close();
    await clock.advance(100);
    expect(service.sent).toEqual(issueOf('2026-10-13'));
  });

  it('is made up for, with the issue of that night, when all instances were down', async () => {
    const { clock, cluster, service } = noon();
    const first = await cluster.start();
    await clock.advance(24 * HOUR);
    await first.close();
    await clock.advance(48 * HOUR);
    await cluster.start();
    await cluster.start();
    await clock.advance(10_000);
    expect(service.sent).toEqual([...issueOf('2026-10-13'), ...issueOf('2026-10-15')]);
  });

  it('is tried again in the same night when the mail service is away', async () => {
    const { clock, cluster, service } = noon();
    service.fails(1);
    await cluster.start();
    await clock.advance(12 * HOUR + 5_000);
    expect(service.sent).toEqual([]);
    await clock.advance(10_000);
    expect(service.sent).toEqual(issueOf('2026-10-13'));
  });
});
