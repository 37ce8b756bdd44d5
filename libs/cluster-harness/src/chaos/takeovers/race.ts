/** What a contender is told: to ask for each of these locks once, the nth at `startAt + n * gap`. */
export interface Race {
  readonly locks: readonly string[];
  /** Milliseconds of `hostTime`, so that all contenders ask at once. */
  readonly startAt: number;
  readonly gap: number;
  /** Milliseconds. */
  readonly ttl: number;
}

/** What a contender answers. */
export interface Won {
  readonly lock: string;
  readonly fencingToken: number;
}
