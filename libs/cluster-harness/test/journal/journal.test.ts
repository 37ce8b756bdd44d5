import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { hostTime, Journal, JournalReader } from '../../src/index.js';

const RUN = { job: 'newsletter', lock: 'mail', slot: 1_000, fencingToken: 7, attempt: 1 };

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'journal-'));
  path = join(directory, 'journal.jsonl');
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

describe('a journal', () => {
  it('is read as it was written', () => {
    const before = hostTime();
    const journal = new Journal(path, 'a');
    journal.started();
    const log = journal.runStarted(RUN);
    log.step(() => {});
    log.aborted('lost');
    log.ended('lost');
    journal.stopped();
    journal.close();
    const entries = new JournalReader(path).read();
    expect(entries).toMatchObject([
      { instance: 'a', kind: 'started', pid: process.pid },
      { instance: 'a', kind: 'run-started', ...RUN },
      { instance: 'a', kind: 'step', ...RUN },
      { instance: 'a', kind: 'aborted', ...RUN, reason: 'lost' },
      { instance: 'a', kind: 'run-ended', ...RUN, outcome: 'lost' },
      { instance: 'a', kind: 'stopped' },
    ]);
    const times = [before, ...entries.map(({ at }) => at), hostTime()];
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it('tells from when to when the event loop was blocked', () => {
    const journal = new Journal(path, 'a');
    journal.block(20);
    journal.close();
    const [blocked, unblocked] = new JournalReader(path).read();
    expect([blocked?.kind, unblocked?.kind]).toEqual(['blocked', 'unblocked']);
    expect((unblocked?.at ?? 0) - (blocked?.at ?? 0)).toBeGreaterThanOrEqual(19);
  });

  it('tells from when to when the event loop was blocked', () => {
    const journal = new Journal(path, 'a');
    journal.block(20);
    journal.close();
    const [blocked, unblocked] = new JournalReader(path).read();
    expect([blocked?.kind, unblocked?.kind]).toEqual(['blocked', 'unblocked']);
    expect((unblocked?.at ?? 0) - (blocked?.at ?? 0)).toBeGreaterThanOrEqual(19);
  });

  it('records no step that its check forbids', () => {
    const journal = new Journal(path, 'a');
    const log = journal.runStarted(RUN);
    expect(() => {
      log.step(forbid);
    }).toThrow('lost');
    journal.close();
    expect(new JournalReader(path).read().map(({ kind }) => kind)).toEqual(['run-started']);
  });

  it('stamps a step with a time before its check', () => {
    const journal = new Journal(path, 'a');
    let checkedAt = 0;
    journal.runStarted(RUN).step(() => {
      checkedAt = hostTime();
    });
    journal.close();
    expect(new JournalReader(path).read().at(-1)?.at).toBeLessThanOrEqual(checkedAt);
  });

  it('holds every entry as soon as it is written', () => {
    const journal = new Journal(path, 'a');
    journal.started();
    expect(readFileSync(path, 'utf8')).toMatch(/"kind":"started".*\n$/);
    journal.close();
  });

  it('is not shared by two lives', () => {
    const journal = new Journal(path, 'a');
    expect(() => new Journal(path, 'a')).toThrow('EEXIST');
    journal.close();
  });

  it('is not to be had outside a cluster', () => {
    expect(() => Journal.fromEnv({})).toThrow('let a cluster start this');
  });
});

describe('reading a journal', () => {
  it('finds nothing where there is no file yet', () => {
    const reader = new JournalReader(path);
    expect(reader.read()).toEqual([]);
    writeFileSync(path, line('first'));
    expect(reader.read()).toHaveLength(1);
  });

  it('leaves out a last line that is torn', () => {
    writeFileSync(path, line('first') + line('second').slice(0, 30));
    expect(new JournalReader(path).read()).toMatchObject([{ job: 'first' }]);
  });

  it('reads a line that was being written when it looked first, even in the middle of a letter', () => {
    const bytes = Buffer.from(line('first') + line('größer'));
    const cut = bytes.indexOf('ö') + 1;
    writeFileSync(path, bytes.subarray(0, cut));
    const reader = new JournalReader(path);
    expect(reader.read()).toHaveLength(1);
    appendFileSync(path, bytes.subarray(cut));
    expect(reader.read()).toMatchObject([{ job: 'first' }, { job: 'größer' }]);
  });

  it.each([
    ['a torn line', '{"at":1,"wal'],
    ['an empty line', ''],
    ['an entry of an unknown kind', '{"at":1,"wall":1,"instance":"a","kind":"constructor"}'],
    ['an entry without a time', '{"instance":"a","kind":"started"}'],
  ])('refuses %s that is not the last, and says where it is, every time', (_title, bad) => {
    writeFileSync(path, `${line('first')}${bad}\n${line('third')}`);
    const reader = new JournalReader(path);
    expect(() => reader.read()).toThrow(`${path}:2 is no journal entry`);
    expect(() => reader.read()).toThrow(`${path}:2 is no journal entry`);
  });
});

function forbid(): void {
  throw new Error('lost');
}

function line(job: string): string {
  return `${JSON.stringify({ at: 1, wall: 1, instance: 'a', kind: 'run-started', ...RUN, job })}\n`;
}
