import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { StoreError } from '@leased-jobs/core';
import { redisStoreError } from '../src/redis-store-error.js';

describe('what a client rejects with', () => {
  it.each([
    ['NOAUTH Authentication required.', 'denied', 'no'],
    ['WRONGPASS invalid username-password pair or user is disabled.', 'denied', 'no'],
    ["NOPERM this user has no permissions to run the 'evalsha' command", 'denied', 'unknown'],
    [
      "ERR The user executing the script can't run this command or subcommand script: b7ec360627f715bc16c8fc5f278af6967fef96bd, on @user_script:41.",
      'denied',
      'unknown',
    ],
    [
      "ERR Error running script (call to f_0a1b): @user_script:3: The user executing the script can't run this command or subcommand",
      'denied',
      'unknown',
    ],
    ['ERR invalid password', 'denied', 'unknown'],
    ['DENIED Redis is running in protected mode', 'denied', 'unknown'],
    ['LOADING Redis is loading the dataset in memory', 'transient', 'no'],
    ['BUSY Redis is busy running a script.', 'transient', 'no'],
    ["OOM command not allowed when used memory > 'maxmemory'.", 'transient', 'no'],
    ["READONLY You can't write against a read only replica.", 'transient', 'no'],
    ["MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", 'transient', 'no'],
    [
      'MISCONF Redis is configured to save RDB snapshots, but it is unable to persist on disk.',
      'transient',
      'no',
    ],
    ['NOREPLICAS Not enough good replicas to write.', 'transient', 'no'],
    ['CLUSTERDOWN The cluster is down', 'transient', 'no'],
    ['TRYAGAIN Multiple keys request during rehashing of slot', 'transient', 'no'],
    ['ASK 3999 127.0.0.1:6381', 'transient', 'no'],
    ['MOVED 3999 127.0.0.1:6381', 'invalid', 'no'],
    ["CROSSSLOT Keys in request don't hash to the same slot", 'invalid', 'no'],
    ['WRONGTYPE Operation against a key holding the wrong kind of value', 'invalid', 'no'],
    ['FOREIGN leased-jobs:{a}:lease holds something that this library has not written', 'invalid', 'no'],
    ["ERR unknown command 'EVALSHA', with args beginning with:", 'invalid', 'unknown'],
    ['ERR DB index is out of range', 'invalid', 'unknown'],
    ['ERR max number of clients reached', 'transient', 'unknown'],
    ['UNKILLABLE Sorry the script already executed write commands', 'transient', 'unknown'],
    ['Reached the max retries per request limit (which is 0).', 'transient', 'unknown'],
    ['Connection is closed.', 'transient', 'unknown'],
    ["Stream isn't writeable and enableOfflineQueue options is false", 'transient', 'no'],
    ["Cluster isn't ready and enableOfflineQueue options is false", 'transient', 'no'],
  ])('is classed: %s', (message, kind, applied) => {
    const error = redisStoreError(new Error(message), true);
    expect([error.kind, error.applied]).toEqual([kind, applied]);
    expect(error.message).toMatch(/^[A-Z].*[^.]\. [A-Z].*\.$/);
  });

  it('is classed by its code in a script of Redis 6 as well', () => {
    const error = redisStoreError(
      new Error(
        'ERR Error running script (call to f_0a1b): @user_script:3: WRONGTYPE Operation against a key',
      ),
      true,
    );
    expect([error.kind, error.applied]).toEqual(['invalid', 'no']);
  });

  it.each([
    ['ECONNREFUSED', 'transient'],
    ['ENOTFOUND', 'transient'],
    ['ETIMEDOUT', 'transient'],
    ['ECONNRESET', 'transient'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'denied'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'denied'],
  ])('is classed by the code of the system: %s', (code, kind) => {
    const thrown = Object.assign(new Error(`connect ${code}`), { code });
    expect(redisStoreError(thrown, false)).toMatchObject({ kind, applied: 'no' });
    expect(redisStoreError(thrown, true)).toMatchObject({ kind, applied: 'unknown' });
  });

  it.each([
    ['WRONGPASS invalid username-password pair', 'the user and the password in REDIS_URL'],
    ['NOAUTH Authentication required.', 'The server wants a password'],
    ["NOPERM this user has no permissions to run the 'evalsha' command", '"Permissions needed"'],
    ["ERR The user executing the script can't run this command", '"Permissions needed"'],
    ['ERR DB index is out of range', 'REDIS_URL ends with the number of the database'],
  ])('comes with what to do: %s', (message, advice) => {
    expect(redisStoreError(new Error(message), false).message).toContain(advice);
  });

  it('is told without what nobody learns from', () => {
    const told = (message: string): string => redisStoreError(new Error(message), false).message;
    expect(told(`ERR it can't do this script: ${'0a'.repeat(20)}, on @user_script:41.`)).toContain(
      "ERR it can't do this. Look at",
    );
    expect(
      told('NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH …'),
    ).toContain('Redis refuses this client: NOAUTH. The server wants a password.');
  });

  it('is what a node of a cluster said, not that all have failed', () => {
    const lastNodeError = new Error('WRONGPASS invalid username-password pair or user is disabled.');
    const thrown = Object.assign(new Error('Failed to refresh slots cache.'), { lastNodeError });
    expect(redisStoreError(thrown, false).kind).toBe('denied');
  });

  it('tells no secret, neither in its message nor in its cause', () => {
    const thrown = Object.assign(new Error('WRONGPASS at redis://app:s3cret@cache:6379'), {
      command: { name: 'hello', args: ['3', 'AUTH', 'default', 's3cret'] },
    });
    const error = redisStoreError(thrown, false);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('s3cret');
    expect(error.message).toContain('redis://***@cache:6379');
  });

  it('is left alone if it is one of ours', () => {
    const error = new StoreError('No. Never.', { kind: 'invalid' });
    expect(redisStoreError(error, true)).toBe(error);
  });
});
