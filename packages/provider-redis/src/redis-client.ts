/**
 * What we need of a client, described by its shape: a `Redis` of ioredis satisfies it as it is, whether it leads to one
 * server or asks Sentinels for it, and so does a `Cluster`.
 */
export interface RedisClient {
  /** `ready` once commands are sent as they come. */
  readonly status: string;
  readonly isCluster: boolean;
  readonly options: { readonly keyPrefix?: string | undefined };
  /** The socket of a client that has one, once it has. */
  readonly stream?: { cork(): unknown; uncork(): unknown };
  connect(): Promise<unknown>;
  disconnect(): void;
  on(event: string, listener: (argument: unknown) => void): unknown;
  off(event: string, listener: (argument: unknown) => void): unknown;
  evalsha(sha: string, keyCount: number, ...keysAndArguments: (string | number)[]): Promise<unknown>;
  eval(source: string, keyCount: number, ...keysAndArguments: (string | number)[]): Promise<unknown>;
}

/** One server: it can be scanned, and another connection like it be had. */
export interface RedisServerClient extends RedisClient {
  scan(
    cursor: string,
    match: 'MATCH',
    pattern: string,
    count: 'COUNT',
    size: number,
  ): Promise<[cursor: string, keys: string[]]>;
  duplicate(options: ConnectionOptions): RedisSubscriber;
}

export interface RedisClusterClient extends RedisClient {
  nodes(role: 'master'): RedisServerClient[];
}

/** A connection that is there to listen. */
export interface RedisSubscriber {
  readonly status: string;
  /** Its socket, once there is one. */
  readonly stream?: { unref(): unknown };
  connect(): Promise<unknown>;
  disconnect(): void;
  on(event: string, listener: (first: unknown, second: unknown) => void): unknown;
  subscribe(...channels: string[]): Promise<unknown>;
  unsubscribe(...channels: string[]): Promise<unknown>;
}

/** Those of ioredis' options that we set. Milliseconds. */
export interface ConnectionOptions {
  readonly lazyConnect?: boolean;
  readonly connectTimeout?: number;
  readonly socketTimeout?: number;
  readonly disconnectTimeout?: number;
  readonly maxRetriesPerRequest?: number;
  readonly enableOfflineQueue?: boolean;
  readonly enableAutoPipelining?: boolean;
  readonly enableReadyCheck?: boolean;
  readonly autoResubscribe?: boolean;
  readonly keyPrefix?: string;
  readonly commandTimeout?: undefined;
  readonly retryStrategy?: (times: number) => number | null;
}

/** The servers behind a client, each of which has keys of its own. */
export function serversOf(client: RedisServerClient | RedisClusterClient): readonly RedisServerClient[] {
  return 'nodes' in client ? client.nodes('master') : [client];
}
