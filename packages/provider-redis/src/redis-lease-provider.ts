import {
  type AcquireRequest,
  asError,
  assertLockName,
  assertTtl,
  type GrantProof,
  type LeaseGrant,
  type LeaseProvider,
  type LeaseRefusal,
  type LockRecord,
  MAX_DELAY,
  type Release,
  type ReleaseNote,
  type Watch,
} from '@leased-jobs/core';
import { Announcements } from './announcements.js';
import { acquireCall, answerToAcquire } from './acquire-call.js';
import { lockKeys } from './lock-keys.js';
import { locksOf } from './lock-scan.js';
import { READ, RELEASE, RENEW, RENEW_MANY, SET_PAUSED } from './lock-scripts.js';
import type { RedisClusterClient, RedisServerClient } from './redis-client.js';
import { cannotGoTogether, redisStoreError } from './redis-store-error.js';
import { ScriptRunner } from './script-runner.js';
import { lockRecordOf } from './stored-record.js';
import { openSubscriber } from './subscriber-connection.js';

export interface RedisLeaseOptions {
  /** Whether the client is this provider's, to be closed with it. Default: `false`, it is its user's and stays open. */
  readonly closeClient?: boolean;
}

/**
 * Leases in Redis, for all instances that share it: one server, one that Sentinels name, or a Cluster.
 *
 * Pass a client of ioredis, best one made with `redisOptions` or `clusterOptions`. It may be one that your app uses for
 * other things: nothing of it is changed, and while it has no connection nothing is left to its queue. Waiting for locks
 * takes one more connection, made when it is first needed.
 *
 * Redis expires leases by its wall clock. A failover may lose the last grants; where that matters, check the fencing
 * token where you write.
 */
export class RedisLeaseProvider implements LeaseProvider {
  readonly name = 'redis';
  readonly limits = { minTtl: 100, maxTtl: MAX_DELAY, granularity: 50, excludes: 'cluster' } as const;
  readonly #client: RedisServerClient | RedisClusterClient;
  readonly #closesClient: boolean;
  readonly #runner: ScriptRunner;
  readonly #announcements: Announcements;
  /** ioredis puts it before keys, but neither before channels nor before patterns. */
  readonly #keyPrefix: string;
  #renewsTogether: boolean;

  constructor(
    client: RedisServerClient | RedisClusterClient,
    { closeClient = false }: RedisLeaseOptions = {},
  ) {
    this.#client = client;
    this.#closesClient = closeClient;
    this.#runner = new ScriptRunner(client, closeClient);
    this.#announcements = new Announcements(() => openSubscriber(client));
    this.#keyPrefix = client.options.keyPrefix ?? '';
    this.#renewsTogether = !client.isCluster;
    if (closeClient) this.#listenForErrors();
  }

  async acquire(request: AcquireRequest, signal: AbortSignal): Promise<LeaseGrant | LeaseRefusal> {
    assertLockName(request.lock);
    assertTtl(request.ttl, this.limits, this.name);
    return answerToAcquire(request, await this.#runner.run(acquireCall(request), signal));
  }

  async renew({ lock, grantId }: LeaseGrant, ttl: number, signal: AbortSignal): Promise<boolean> {
    assertTtl(ttl, this.limits, this.name);
    const call = { script: RENEW, keys: [lockKeys(lock).lease], args: [grantId, ttl] };
    return Number(await this.#runner.run(call, signal)) === 1;
  }

  /**
   * A hundred in one command; on a Cluster, where each may lie on another node, one by one over the same connections: a node
   * that is away costs only the leases that lie there.
   */
  async renewMany(
    grants: readonly LeaseGrant[],
    ttl: number,
    signal: AbortSignal,
  ): Promise<readonly (boolean | Error)[]> {
    assertTtl(ttl, this.limits, this.name);
    if (this.#renewsTogether) {
      try {
        return await this.#renewTogether(grants, ttl, signal);
      } catch (thrown) {
        if (!cannotGoTogether(thrown)) throw thrown;
        this.#renewsTogether = false;
      }
    }
    return Promise.all(grants.map((grant) => this.renew(grant, ttl, signal).catch(asError)));
  }

  async release({ lock, grantId }: GrantProof, { job }: ReleaseNote, signal: AbortSignal): Promise<void> {
    const { lease, record } = lockKeys(lock);
    if (!job) {
      await this.#runner.run({ script: RELEASE, keys: [lease], args: [grantId] }, signal);
      return;
    }
    const report = job.report ? JSON.stringify(job.report) : '';
    const args = [grantId, job.name, job.slot ?? '', job.holdOff ?? '', report];
    await this.#runner.run({ script: RELEASE, keys: [lease, record], args }, signal);
  }

  async setPaused(lock: string, job: string, paused: boolean, signal: AbortSignal): Promise<null> {
    assertLockName(lock);
    const { lease, record } = lockKeys(lock);
    await this.#runner.run(
      { script: SET_PAUSED, keys: [lease, record], args: [job, paused ? 1 : 0] },
      signal,
    );
    return null;
  }

  async read(lock: string, signal: AbortSignal): Promise<LockRecord | null> {
    assertLockName(lock);
    const keys = lockKeys(lock);
    const call = { script: READ, keys: [keys.lease, keys.token, keys.record], args: [] };
    const answer = await this.#runner.run(call, signal);
    return lockRecordOf(lock, keys, answer);
  }

  /** Looks at every key of the database, a thousand at a time: for people, not for every slot. */
  async *list(prefix: string, signal: AbortSignal): AsyncIterable<LockRecord> {
    const context = { client: this.#client, runner: this.#runner, keyPrefix: this.#keyPrefix };
    for await (const locks of locksOf(context, prefix, signal)) {
      const records = await Promise.all(locks.map((lock) => this.read(lock, signal)));
      for (const record of records) if (record) yield record;
    }
  }

  watch(lock: string, onRelease: (release: Release) => void): Watch {
    return this.#announcements.watch(this.#keyPrefix + lockKeys(lock).lease, onRelease);
  }

  async close(): Promise<void> {
    this.#runner.close();
    this.#announcements.close();
    if (this.#closesClient && this.#client.status !== 'end') this.#client.disconnect();
  }

  async #renewTogether(
    grants: readonly LeaseGrant[],
    ttl: number,
    signal: AbortSignal,
  ): Promise<readonly boolean[]> {
    const batches: Promise<unknown>[] = [];
    for (let n = 0; n < grants.length; n += RENEWED_AT_ONCE) {
      const batch = grants.slice(n, n + RENEWED_AT_ONCE);
      const keys = batch.map(({ lock }) => lockKeys(lock).lease);
      const ids = batch.map(({ grantId }) => grantId);
      batches.push(this.#runner.run({ script: RENEW_MANY, keys, args: [ttl, ...ids] }, signal));
    }
    const answers = (await Promise.all(batches)) as readonly (readonly unknown[])[];
    return answers.flat().map((renewed) => Number(renewed) === 1);
  }

  /**
   * What goes wrong is told to those who ask; ioredis writes to the console if nobody listens. Wrong credentials do not
   * get better by trying, and after a wrong database it would go on in another one: then the next call connects anew.
   */
  #listenForErrors(): void {
    this.#client.on('error', (thrown) => {
      if (redisStoreError(thrown, false).kind !== 'transient') this.#client.disconnect();
    });
  }
}

const RENEWED_AT_ONCE = 100;
