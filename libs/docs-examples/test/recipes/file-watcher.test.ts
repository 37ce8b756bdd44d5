import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '@leased-jobs/testing';
import { InboxModule } from '../../src/recipes/file-watcher.js';
import { fakeFetch } from './fake-fetch.js';
import { BEGUN, type Instance, RecipeCluster, until } from './recipe-cluster.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'inbox-'));
  process.env.INBOX = join(folder, 'inbox');
  process.env.INBOX_DONE = join(folder, 'done');
  mkdirSync(process.env.INBOX);
  mkdirSync(process.env.INBOX_DONE);
});
afterEach(() => {
  delete process.env.INBOX;
  delete process.env.INBOX_DONE;
  rmSync(folder, { recursive: true });
});

function deliver(name: string): void {
  const draft = join(folder, 'inbox', `${name}.part`);
  writeFileSync(draft, name);
  renameSync(draft, join(folder, 'inbox', `${name}.json`));
}

function shop() {
  const imported: string[] = [];
  const answers: number[] = [];
  fakeFetch(({ path, body }) => {
    const answer = answers.shift() ?? 200;
    if (answer === 200) imported.push(`${path.split('/')[2]}: ${body}`);
    return answer;
  });
  return { imported, answers };
}

function inboxes() {
  const clock = new ManualClock();
  const cluster = new RecipeCluster(InboxModule, clock);
  const start = async (): Promise<Instance> => {
    const instance = await cluster.start();
    await clock.advance(BEGUN);
    return instance;
  };
  return { clock, cluster, start };
}

const done = (): readonly string[] => readdirSync(join(folder, 'done'));

describe('the file watcher', () => {
  it('imports each file once, on one instance of two: those that were there, and those that come', async () => {
    const { imported } = shop();
    deliver('one');
    const { start } = inboxes();
    await start();
    await start();
    await until(() => done().includes('one.json'));
    deliver('two');
    await until(() => done().includes('two.json'));
    expect(imported).toEqual(['one.json: one', 'two.json: two']);
  });

  it('goes on, on another instance, with what has come meanwhile, when the first is stopped', async () => {
    const { imported } = shop();
    const { start } = inboxes();
    const first = await start();
    deliver('one');
    await until(() => done().includes('one.json'));
    await start();
    await first.close();
    deliver('two');
    await until(() => done().includes('two.json'));
    expect(imported).toEqual(['one.json: one', 'two.json: two']);
  });

  it('keeps a file that could not be imported, and comes back to it', async () => {
    const { imported, answers } = shop();
    answers.push(500);
    deliver('one');
    const { clock, cluster, start } = inboxes();
    await start();
    await until(() => cluster.ended.length > 0);
    expect(done()).toEqual([]);
    await clock.advance(2_000);
    await until(() => done().includes('one.json'));
    expect(imported).toEqual(['one.json: one']);
    expect(cluster.ended.map(({ report }) => report.outcome)).toEqual(['failed']);
  });
});
