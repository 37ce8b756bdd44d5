import { EventEmitter } from 'node:events';
import { setImmediate as tick } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { StoreError } from '@leased-jobs/core';
import { Readiness } from '../src/readiness.js';
import type { RedisClient } from '../src/redis-client.js';
import { soon } from './support/instance.js';

/** A client whose events a test sends, in the order of ioredis. */
class Client extends EventEmitter implements RedisClient {
  status = 'wait';
  readonly isCluster = true;
  readonly options = {};

  async connect(): Promise<void> {
    this.become('connecting');
  }

  become(...statuses: readonly string[]): void {
    for (const status of statuses) {
      this.status = status;
      this.emit(status);
    }
  }

  /** A Cluster says so once for each of its nodes. */
  closeAndTryAgain(): void {
    this.become('close', 'close', 'reconnecting');
  }

  disconnect(): void {
    this.become('close', 'end');
  }

  async evalsha(): Promise<never> {
    throw new Error('Nothing is sent here.');
  }

  async eval(): Promise<never> {
    throw new Error('Nothing is sent here.');
  }
}

describe('the wait for a connection', () => {
  let client: Client;
  let readiness: Readiness;
  beforeEach(() => {
    client = new Client();
    readiness = new Readiness(client, false);
  });

  /** `waiting` until the wait has ended. */
  const wait = () => {
    const seen: { outcome: 'waiting' | 'ready' | StoreError } = { outcome: 'waiting' };
    readiness.wait(soon()).then(
      () => (seen.outcome = 'ready'),
      (thrown: StoreError) => (seen.outcome = thrown),
    );
    return async () => {
      await tick();
      return seen.outcome;
    };
  };
  const closed = {
    kind: 'transient',
    applied: 'no',
    message: expect.stringContaining('was closed before it was ready'),
  };

  it('outlasts a connection that closes without an error, where the client begins another', async () => {
    for (let n = 0; n < 2; n++) {
      const outcome = wait();
      client.closeAndTryAgain();
      expect(await outcome()).toBe('waiting');
      client.become('connecting', 'connect', 'ready');
      expect(await outcome()).toBe('ready');
    }
  });

  it('fails when the next one closes too, and from then on each time, until there is one', async () => {
    let outcome = wait();
    client.closeAndTryAgain();
    for (let n = 0; n < 3; n++) {
      expect(await outcome()).toBe('waiting');
      client.become('connecting');
      client.closeAndTryAgain();
      expect(await outcome()).toMatchObject(closed);
      outcome = wait();
    }
    client.become('connecting', 'ready');
    expect(await outcome()).toBe('ready');
  });

  it('fails at once when the client gives up', async () => {
    const outcome = wait();
    client.disconnect();
    expect(await outcome()).toMatchObject(closed);
    expect(await wait()()).toMatchObject({ kind: 'invalid', applied: 'no' });
  });

  it('fails at once with an error, as do those who began to wait before that connection was closed', async () => {
    const refused = { applied: 'no', message: expect.stringContaining('ECONNREFUSED') };
    const first = wait();
    client.emit('error', new Error('connect ECONNREFUSED 127.0.0.1:6379'));
    expect(await first()).toMatchObject(refused);
    const second = wait();
    client.closeAndTryAgain();
    expect(await second()).toMatchObject(refused);
  });

  it('leaves no listener behind', async () => {
    const outcome = wait();
    client.closeAndTryAgain();
    client.become('connecting', 'ready');
    await outcome();
    expect(client.eventNames()).toEqual([]);
  });
});
