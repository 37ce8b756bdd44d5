import { EventEmitter } from 'node:events';
import { setImmediate as tick } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
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

  become(status: 'ready' | 'close' | 'end'): void {
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
  const never = new AbortController().signal;
  const held = async (): Promise<boolean> => false;
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
  const outcome = (waiting: Promise<void>): Promise<string> =>
    Promise.race([
      waiting.then(
        () => 'told',
        (thrown: unknown) => (thrown as Error).message,
      ),
      tick()
        .then(tick)
        .then(() => 'waiting'),
    ]);

  it('reach all who wait for one channel, over one connection and one subscription', async () => {
    const waiting = [1, 2, 3].map(() => announcements.wait('a', held, never));
    const other = announcements.wait('b', held, never);
    line().become('ready');
    await tick();
    line().emit('message', 'a', 'released');
    await Promise.all(waiting);
    expect(await outcome(other)).toBe('waiting');
    expect(line().asked).toEqual(['+a,b', '-a']);
    expect(lines).toHaveLength(1);
    announcements.close();
    await expect(other).rejects.toThrow('closed');
  });

  it('are not waited for by who finds the lock free once the subscription has begun', async () => {
    const waiting = announcements.wait('a', async () => true, never);
    expect(await outcome(waiting)).toBe('waiting');
    line().become('ready');
    await waiting;
    const later = announcements.wait('b', async () => true, never);
    await later;
  });

  it('that were missed while the connection was broken are made up for by looking again', async () => {
    let free = false;
    const waiting = announcements.wait('a', async () => free, never);
    line().become('ready');
    expect(await outcome(waiting)).toBe('waiting');
    line().become('close');
    free = true;
    line().become('ready');
    await waiting;
    expect(line().asked).toEqual(['+a', '+a', '-a']);
  });

  it('end with the signal, and the subscription with them', async () => {
    const controller = new AbortController();
    const waiting = announcements.wait('a', held, controller.signal);
    line().become('ready');
    await tick();
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect(line().asked).toEqual(['+a', '-a']);
    await expect(announcements.wait('a', held, controller.signal)).rejects.toThrow('enough');
  });

  it('fail when the connection is given up, and are to be had over a new one', async () => {
    const waiting = announcements.wait('a', held, never);
    line().emit('error', Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));
    line().become('end');
    await expect(waiting).rejects.toMatchObject({
      kind: 'transient',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    const again = announcements.wait('a', async () => true, never);
    line(1).become('ready');
    await again;
  });

  it('fail at once for those who may not listen', async () => {
    const wrong = announcements.wait('a', held, never);
    line().emit('error', new Error('WRONGPASS invalid username-password pair or user is disabled.'));
    await expect(wrong).rejects.toMatchObject({ kind: 'denied' });
    const forbidden = announcements.wait('a', held, never);
    line(1).refusal = new Error('NOPERM this user has no permissions to access one of the channels');
    line(1).become('ready');
    await expect(forbidden).rejects.toMatchObject({ kind: 'denied' });
  });

  it('fail with what looking fails with', async () => {
    const waiting = announcements.wait('a', () => Promise.reject(new Error('no answer')), never);
    line().become('ready');
    await expect(waiting).rejects.toThrow('no answer');
  });

  it('cannot be had where no connection can be opened, or after the end', async () => {
    const broken = new Announcements(() => {
      throw new Error('no node');
    });
    await expect(broken.wait('a', held, never)).rejects.toThrow('no node');
    announcements.close();
    await expect(announcements.wait('a', held, never)).rejects.toThrow('closed');
  });
});
