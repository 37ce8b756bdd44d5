export type FreezeBackend = 'file' | 'redis';

/** What a contender for a lock is told, by the variable `FREEZE`. */
export interface FreezeSettings {
  readonly backend: FreezeBackend;
  readonly lock: string;
  /** Milliseconds. */
  readonly ttl: number;
  /** The socket of the fenced resource, for leases on files. */
  readonly resource: string;
}

export function freezeEnv(settings: FreezeSettings): Readonly<Record<string, string>> {
  return { FREEZE: JSON.stringify(settings) };
}

export function freezeSettings(): FreezeSettings {
  return JSON.parse(process.env['FREEZE'] ?? '{}') as FreezeSettings;
}

/** Where the fenced writes of a lock go in Redis. */
export function writesKey(lock: string): string {
  return `{${lock}}:writes`;
}
