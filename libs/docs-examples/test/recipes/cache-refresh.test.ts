import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '@leased-jobs/testing';
import { ExchangeRates, ExchangeRatesModule } from '../../src/recipes/cache-refresh.js';
import { type Answer, fakeFetch } from './fake-fetch.js';
import { BEGUN, RecipeCluster, until } from './recipe-cluster.js';

const MINUTE = 60_000;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rates-'));
  process.env.RATES_FILE = join(folder, 'rates.json');
});
afterEach(() => {
  delete process.env.RATES_FILE;
  rmSync(folder, { recursive: true });
});

/** A source that tells how often it was asked. */
function source(answer: (asked: number) => Answer = (asked) => JSON.stringify({ EUR: asked })) {
  const asked = { times: 0 };
  fakeFetch(() => answer(++asked.times));
  return asked;
}

const cached = (): string => readFileSync(join(folder, 'rates.json'), 'utf8');
/** Files are read and written in real time. */
const runsOf = (cluster: RecipeCluster, runs: number): Promise<void> =>
  until(() => cluster.ended.length >= runs);

describe('the cache refresh', () => {
  it('fills the cache at the start of the first instance, and not again at that of the others', async () => {
    const asked = source();
    const clock = new ManualClock();
    const cluster = new RecipeCluster(ExchangeRatesModule, clock);
    await cluster.start();
    await clock.advance(BEGUN);
    await runsOf(cluster, 1);
    const second = await cluster.start();
    await clock.advance(BEGUN);
    expect(asked.times).toBe(1);
    expect(await second.app.get(ExchangeRates).read()).toEqual({ EUR: 1 });
  });

  it('asks the source once a minute in the whole cluster, and goes on without the instance that did', async () => {
    const asked = source();
    const clock = new ManualClock();
    const cluster = new RecipeCluster(ExchangeRatesModule, clock);
    const first = await cluster.start();
    await cluster.start();
    await clock.advance(BEGUN);
    for (let minute = 1; minute <= 5; minute++) {
      await runsOf(cluster, minute);
      if (minute === 3) await first.close();
      await clock.advance(MINUTE);
    }
    await runsOf(cluster, 6);
    expect(asked.times).toBe(6);
    expect(cached()).toBe('{"EUR":6}');
    expect(readdirSync(folder)).toEqual(['rates.json']);
  });

  it('keeps the old rates while the source is away, or answers with what nobody can read', async () => {
    source((asked) => [`{"EUR":1}`, 503, '<html>', `{"EUR":4}`][asked - 1] ?? 503);
    const clock = new ManualClock();
    const cluster = new RecipeCluster(ExchangeRatesModule, clock);
    await cluster.start();
    await clock.advance(BEGUN);
    const seen: string[] = [];
    for (let minute = 1; minute <= 4; minute++) {
      await runsOf(cluster, minute);
      seen.push(cached());
      await clock.advance(MINUTE);
    }
    expect(seen).toEqual(['{"EUR":1}', '{"EUR":1}', '{"EUR":1}', '{"EUR":4}']);
  });
});
