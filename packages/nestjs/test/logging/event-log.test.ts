import { Logger } from '@nestjs/common';
import { type LeasedJobsEvent, StoreError, type StoreErrorKind } from '@leased-jobs/core';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { EventLog } from '../../src/logging/event-log.js';
import { RecordingLogger } from '../nest-app.js';

let recorded: RecordingLogger;
let log: EventLog;

beforeEach(() => {
  recorded = new RecordingLogger();
  Logger.overrideLogger(recorded);
  log = new EventLog(new Logger('LeasedJobs'), 'redis');
});

function levels(): readonly (string | undefined)[] {
  return recorded.lines.map((line) => line.split(' ')[0]);
}

function held(lock: string): LeasedJobsEvent {
  return { type: 'refused', lock, refusal: { refused: 'held', holder: 'b', expiresIn: 1, retryAfter: 1 } };
}

function failed(kind: StoreErrorKind, lock = 'a'): LeasedJobsEvent {
  return { type: 'store-failed', lock, operation: 'acquire', error: new StoreError(`${kind}!`, { kind }) };
}

describe('the log', () => {
  it('tells the first refusal of each lock and reason, and the others at debug', () => {
    const done: LeasedJobsEvent = {
      type: 'refused',
      lock: 'a',
      refusal: { refused: 'done', lastSlot: 1, retryAfter: 0 },
    };
    for (const event of [held('a'), held('a'), held('b'), done, held('a')]) log.write(event);
    expect(levels()).toEqual(['log', 'debug', 'log', 'log', 'debug']);
  });

  it('tells an outage once, whoever notices it, and its end once', () => {
    for (const event of [failed('transient'), failed('transient', 'b'), failed('transient')])
      log.write(event);
    log.write(held('a'));
    log.write(held('a'));
    expect(levels()).toEqual(['warn', 'debug', 'debug', 'log', 'log', 'debug']);
    expect(recorded.lines[3]).toBe('log The redis backend answers again, after 0 s');
    log.write(failed('transient'));
    expect(levels().at(-1)).toBe('warn');
  });

  it('tells what must not be overlooked however many locks it has told of', () => {
    for (let n = 0; n < 20_000; n++) log.write(held(`invoice ${n}`));
    expect(levels().filter((level) => level === 'log')).toHaveLength(10_000);
    log.write({ type: 'refused', lock: 'a', refusal: { refused: 'ahead', by: 20_000, retryAfter: 10_000 } });
    log.write(failed('denied'));
    log.write(failed('denied'));
    expect(levels().slice(-3)).toEqual(['warn', 'error', 'debug']);
  });

  it('tells refused credentials as an error, once, and takes no other answer for their mending', () => {
    for (const event of [failed('denied'), failed('denied'), held('b')]) log.write(event);
    expect(levels()).toEqual(['error', 'debug', 'log']);
  });
});
