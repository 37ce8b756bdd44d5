import { EventEmitter } from 'node:events';
import { setImmediate as tick, setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Release } from '@leased-jobs/core';
import { Announcements } from '../src/announcements.js';
import type { RedisSubscriber } from '../src/redis-client.js';

/** A connection whose events a test sends. */
class Line extends EventEmitter implements RedisSubscriber {
  status = 'wait';
  readonly asked: string[] = [];
  refusal: Error | null = null;

  async connect(): Promise<void> {
    this.status = 'connecting';
  }

  become(status: 'ready' | 'end'): void {
    this.status = status;
    this.emit(status);
  }

  disconnect(): void {
    if (this.status !== 'end') this.become('end');
  }

  async subscribe(...channels: string[]): Promise<void> {
    this.asked.push(`+${channels.join()}`);
    if (this.refusal) throw this.refusal;
  }

  async unsubscribe(...channels: string[]): Promise<void> {
    this.asked.push(`-${channels.join()}`);
  }
}

describe('announcements', () => {
  let lines: Line[];
  let announcements: Announcements;
  beforeEach(() => {
    lines = [];
    announcements = new Announcements(() => {
      const line = new Line();
      lines.push(line);
      return line;
    });
  });
  afterEach(() => {
    announcements.close();
  });

  const line = (n = 0): Line => {
    const opened = lines[n];
    if (!opened) throw new Error(`There is no connection ${n}.`);
    return opened;
  };
  const watched = (channel: string): { readonly told: Release[]; close(): void } => {
    const told: Release[] = [];
    const watch = announcements.watch(channel, (release) => told.push(release));
    return { told, close: () => watch.close() };
  };
  const ready = async (n = 0): Promise<void> => {
    line(n).become('ready');
    await tick();
  };

  it('reach all who watch one channel, over one connection and one subscription', async () => {
    const [first, second, other] = [watched('a'), watched('a'), watched('b')];
    await ready();
    for (const { told } of [first, second, other]) told.length = 0;
    line().emit('message', 'a', 'released');
    expect([first.told, second.told, other.told]).toEqual([[{}], [{}], []]);
    first.close();
    first.close();
    second.close();
    expect(line().asked).toEqual(['+a,b', '-a']);
    expect(lines).toHaveLength(1);
  });

  it('tell the slot that was marked, of a job of any name', async () => {
    const { told } = watched('a');
    await ready();
    told.length = 0;
    for (const message of ['1795221022790 send news', '7 ', '7.5 a\nb', 'resumed', 'x y'])
      line().emit('message', 'a', message);
    expect(told).toEqual([
      { done: { job: 'send news', slot: 1_795_221_022_790 } },
      { done: { job: '', slot: 7 } },
      { done: { job: 'a\nb', slot: 7.5 } },
      {},
      {},
    ]);
  });

  it('that came before the watch are told once it has begun, also where others watch already', async () => {
    const first = watched('a');
    expect(first.told).toEqual([]);
    await ready();
    expect(first.told).toEqual([{}]);
    const second = watched('a');
    const closed = watched('a');
    closed.close();
    await tick();
    expect([first.told, second.told, closed.told]).toEqual([[{}], [{}], []]);
    const third = watched('b');
    await tick();
    expect(third.told).toEqual([{}]);
  });

  it('that were missed while the connection was broken are told when there is another', async () => {
    const { told } = watched('a');
    await ready();
    line().become('end');
    const deadline = performance.now() + 2_000;
    while (lines.length < 2 && performance.now() < deadline) await sleep(5);
    await ready(1);
    expect(told).toEqual([{}, {}]);
    expect(line(1).asked).toEqual(['+a']);
  });

  it('are not asked for again by wrong credentials, before somebody else watches', async () => {
    watched('a');
    line().emit('error', new Error('WRONGPASS invalid username-password pair or user is disabled.'));
    line().become('end');
    await sleep(100);
    expect(lines).toHaveLength(1);
    watched('b');
    await ready(1);
    expect(line(1).asked).toEqual(['+a,b']);
  });

  it('are simply not told where that is forbidden, or no connection can be opened', async () => {
    const forbidden = watched('a');
    line().refusal = new Error('NOPERM this user has no permissions to access one of the channels');
    await ready();
    expect(forbidden.told).toEqual([]);
    const broken = new Announcements(() => {
      throw new Error('no node');
    });
    expect(() => broken.watch('a', () => {}).close()).not.toThrow();
    broken.close();
  });

  it('end with their owner, whose connection is closed', async () => {
    const { told } = watched('a');
    await ready();
    announcements.close();
    line().emit('message', 'a', 'released');
    expect(line().status).toBe('end');
    expect(told).toEqual([{}]);
    watched('a').close();
    expect(lines).toHaveLength(1);
  });
});
