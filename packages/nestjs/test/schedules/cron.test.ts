import { CronExpression } from '@nestjs/schedule';
import { ConfigurationError } from '@leased-jobs/core';
import { Cron } from 'croner';
import fc from 'fast-check';
import { describe, expect, it, jest } from '@jest/globals';
import { cron } from '../../src/schedules/cron.js';

const HOUR = 3_600_000;
const at = (iso: string): number => Date.parse(iso);
const iso = (ms: number): string => new Date(ms).toISOString();

describe('a cron expression', () => {
  it('is due at its times, each strictly after the one before', () => {
    const schedule = cron('30 2 * * *', 'UTC');
    expect(iso(schedule.next(at('2026-03-01T02:29:59.999Z'), 'job'))).toBe('2026-03-01T02:30:00.000Z');
    expect(iso(schedule.next(at('2026-03-01T02:30:00.000Z'), 'job'))).toBe('2026-03-02T02:30:00.000Z');
    expect(iso(schedule.next(at('2026-03-01T02:30:00.001Z'), 'job'))).toBe('2026-03-02T02:30:00.000Z');
  });

  it('may have seconds first', () => {
    const schedule = cron('*/15 * * * * *', 'UTC');
    expect(iso(schedule.next(at('2026-03-01T00:00:01Z'), 'job'))).toBe('2026-03-01T00:00:15.000Z');
  });

  it('is worked out once for all jobs that share it, whichever of the slots around the present they ask for', () => {
    const schedule = cron('* * * * * *', 'UTC');
    const nextRun = jest.spyOn(Cron.prototype, 'nextRun');
    const now = at('2026-03-01T00:00:10.250Z');
    for (let job = 0; job < 1_000; job++) {
      for (const seconds of [0, -2, -1, 1, 0]) {
        const slot = at('2026-03-01T00:00:11Z') + seconds * 1_000;
        expect(schedule.next(now + seconds * 1_000, `job-${job}`)).toBe(slot);
      }
    }
    expect(nextRun).toHaveBeenCalledTimes(4);
    nextRun.mockRestore();
  });

  it('is read in its time zone', () => {
    expect(iso(cron('0 9 * * *', 'Asia/Tokyo').next(at('2026-03-01T12:00:00Z'), 'job'))).toBe(
      '2026-03-02T00:00:00.000Z',
    );
  });

  it('is due when the clock jumps over its time, and once when its time comes twice', () => {
    const schedule = cron('30 2 * * *', 'Europe/Berlin');
    // On the 29th of March the clock goes from 2:00 to 3:00.
    const jumped = schedule.next(at('2026-03-28T12:00:00Z'), 'job');
    expect(jumped).toBeGreaterThanOrEqual(at('2026-03-29T01:00:00Z'));
    expect(jumped).toBeLessThanOrEqual(at('2026-03-29T01:30:00Z'));
    expect(iso(schedule.next(jumped, 'job'))).toBe('2026-03-30T00:30:00.000Z');
    // On the 25th of October it goes from 3:00 back to 2:00.
    const first = schedule.next(at('2026-10-24T12:00:00Z'), 'job');
    expect(iso(first)).toBe('2026-10-25T00:30:00.000Z');
    expect(iso(schedule.next(first, 'job'))).toBe('2026-10-26T01:30:00.000Z');
  });

  it('is due in both hours when its times come twice, if it has a list, a range or a step of them', () => {
    for (const expression of ['0,30 2 * * *', '*/30 2 * * *', '0-30/30 2 * * *']) {
      const schedule = cron(expression, 'Europe/Berlin');
      const due: string[] = [];
      for (let slot = at('2026-10-24T12:00:00Z'); due.length < 5; due.push(iso(slot).slice(5, 16))) {
        slot = schedule.next(slot, 'job');
      }
      const times = ['10-25T00:00', '10-25T00:30', '10-25T01:00', '10-25T01:30', '10-26T01:00'];
      expect([expression, ...due]).toEqual([expression, ...times]);
    }
  });

  it.each([
    ['0 0/20 * * * *', ['12:20', '12:40', '13:00']],
    ['0/20 * * * *', ['12:20', '12:40', '13:00']],
    ['0 13/4 * * *', ['13:00', '17:00', '21:00']],
  ])('may have a step that begins at a number: %s', (expression, times) => {
    const slots: string[] = [];
    for (let slot = at('2026-03-01T12:00:00Z'); slots.length < 3; slots.push(iso(slot).slice(11, 16))) {
      slot = cron(expression, 'UTC').next(slot, 'job');
    }
    expect(slots).toEqual(times);
  });

  it('makes up for missed times by one run, and says what it is to people', () => {
    expect(cron('0 2 * * *', 'UTC')).toMatchObject({ missed: 'once', description: '0 2 * * * (UTC)' });
    expect(cron('0 2 * * *').description).toBe('0 2 * * *');
  });

  it.each(Object.entries(CronExpression))('of @nestjs/schedule will do: %s', (_, expression) => {
    const now = at('2026-03-01T12:34:56Z');
    expect(cron(expression, 'UTC').next(now, 'job')).toBe(
      new Cron(expression, { paused: true, timezone: 'UTC' }).nextRun(new Date(now))?.getTime(),
    );
  });

  it('has the times of croner: 200 expressions, in six zones, around the weekends on which clocks change, in whatever order', () => {
    const zones = [
      'UTC',
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
      'America/Sao_Paulo',
    ];
    const changes = ['2026-03-08', '2026-03-29', '2026-04-05', '2026-10-04', '2026-10-25', '2026-11-01'];
    const number = (from: number, to: number): fc.Arbitrary<string> =>
      fc.integer({ min: from, max: to }).map(String);
    const field = (from: number, to: number): fc.Arbitrary<string> =>
      fc.oneof(
        fc.constant('*'),
        number(from, to),
        fc.tuple(number(from, to), number(from, to)).map((values) => values.join(',')),
        fc.integer({ min: 1, max: to }).map((step) => `*/${step}`),
        fc
          .tuple(fc.integer({ min: from, max: to }), fc.integer({ min: from, max: to }))
          .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
      );
    const offset = fc.integer({ min: -36 * HOUR, max: 36 * HOUR });
    const expressions = fc
      .tuple(field(0, 59), field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6))
      .map((fields) => fields.join(' '));
    const days = fc.tuple(...changes.map((day) => fc.tuple(fc.constant(day), fc.tuple(offset, offset))));
    let checked = 0;
    const wrong: unknown[] = [];
    fc.assert(
      fc.property(
        expressions,
        fc.tuple(...zones.map((zone) => fc.tuple(fc.constant(zone), days))),
        (expression, all) => {
          for (const [zone, weekends] of all) {
            const schedule = cron(expression, zone);
            const croner = new Cron(expression, { paused: true, timezone: zone });
            for (const [day, offsets] of weekends) {
              for (const each of offsets) {
                const after = at(`${day}T12:00:00Z`) + each;
                const expected = croner.nextRun(new Date(after))?.getTime() ?? Infinity;
                if (schedule.next(after, 'job') !== expected || expected <= after)
                  wrong.push([expression, zone, after]);
                checked++;
              }
            }
          }
        },
      ),
      { numRuns: 200, seed: 20_260_329 },
    );
    expect(wrong).toEqual([]);
    expect(checked).toBe(200 * zones.length * changes.length * 2);
  });

  it.each([
    ['six fields too many', '* * * * * * * *', 'is no cron expression. Write five fields'],
    ['nothing', '', '"" is no cron expression.'],
    ['a minute that there is not', '61 * * * *', '"61 * * * *" is no cron expression: '],
    ['a word', 'every day', 'Write five fields, or six'],
    ['a date', '2026-12-24T00:00:00', 'is no cron expression'],
    ['no text', 5, '5 is no cron expression'],
    ['a day that no month has', '0 0 31 2 *', 'is never due'],
  ])('is refused if it is %s', (_, expression, says) => {
    const make = () => cron(expression as string, 'UTC');
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(says);
  });

  it.each([['Mars/Olympus'], [''], [5]])('is refused in the zone %p', (zone) => {
    expect(() => cron('* * * * *', zone as string)).toThrow('Choose an IANA name');
  });
});
