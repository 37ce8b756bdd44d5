import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Type } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MemoryStore, StartupError } from '@leased-jobs/core';
import { ManualClock } from '@leased-jobs/testing';
import { RecipeCluster, TAKEN_OVER, until } from './recipe-cluster.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'migrations-'));
});
afterEach(() => {
  delete process.env.RELEASE;
  delete process.env.MIGRATE;
  rmSync(folder, { recursive: true });
});

/**
 * A tool that takes a while, and keeps a log: `begin`, `end`. It fails, or hangs, for as long as there is a file of that name:
 * what a test sets in its environment, a process that it starts does not see.
 */
function tool() {
  const log = join(folder, 'log');
  const file = join(folder, 'migrate.mjs');
  writeFileSync(log, '');
  writeFileSync(
    file,
    `import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
     process.chdir(${JSON.stringify(folder)});
     writeFileSync('pid', String(process.pid));
     const [fails, hangs] = ['fails', 'hangs'].map(existsSync);
     appendFileSync('log', 'begin\\n');
     if (fails) throw new Error('no such column');
     if (hangs) setInterval(() => {}, 1_000);
     else setTimeout(() => appendFileSync('log', 'end\\n'), 50);`,
  );
  process.env.MIGRATE = `${process.execPath} ${file}`;
  return {
    log: () => readFileSync(log, 'utf8').split('\n').filter(Boolean),
    set: (what: 'fails' | 'hangs') => writeFileSync(join(folder, what), ''),
    unset: (what: 'fails' | 'hangs') => rmSync(join(folder, what)),
    pid: () => Number(readFileSync(join(folder, 'pid'), 'utf8')),
  };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The release is read when the file is loaded, as by a process that starts. */
async function cluster(release: string, store?: MemoryStore): Promise<RecipeCluster> {
  process.env.RELEASE = release;
  const file: string = `../../src/recipes/migrations-at-start.js?${Math.random()}`;
  const { MigrationsModule } = (await import(file)) as { MigrationsModule: Type };
  return new RecipeCluster(MigrationsModule, store);
}

const NOBODY_HEARS_THE_DEAD = (): void => {};

describe('migrations at the start', () => {
  it('run once, and the other instances wait for them', async () => {
    const { log } = tool();
    const release = await cluster('v42');
    await Promise.all([release.start(), release.start(), release.start()]);
    expect(log()).toEqual(['begin', 'end']);
    await release.start();
    expect(log()).toEqual(['begin', 'end']);
  });

  it('run once more for another release', async () => {
    const { log } = tool();
    const store = new MemoryStore();
    await (await cluster('v42', store)).start();
    await (await cluster('v43', store)).start();
    await (await cluster('v42', store)).start();
    expect(log()).toEqual(['begin', 'end', 'begin', 'end']);
  });

  it('stop the start of the app with the reason if they fail, and are tried again by the next', async () => {
    const { log, set, unset } = tool();
    const release = await cluster('v42');
    set('fails');
    const failure: unknown = await release.start().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StartupError);
    expect(String((failure as StartupError).cause)).toContain('no such column');
    unset('fails');
    await release.start();
    expect(log()).toEqual(['begin', 'begin', 'end']);
  });

  it('are taken over within a ttl from an instance that dies in the middle, whose tool is ended', async () => {
    const { log, set, unset, pid } = tool();
    const clock = new ManualClock();
    const release = await cluster('v42', new MemoryStore(clock));
    const [dead, next] = [await release.open(), await release.open()];
    set('hangs');
    dead.app.init().catch(NOBODY_HEARS_THE_DEAD);
    await until(() => log().length > 0);
    const hanging = pid();
    unset('hangs');
    dead.kill();
    const started = next.app.init();
    await clock.advance(TAKEN_OVER);
    await started;
    expect(log()).toEqual(['begin', 'begin', 'end']);
    await until(() => !isAlive(hanging));
  }, 60_000);
});
