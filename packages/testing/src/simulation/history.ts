/** What happened in a simulated world, in order. `at` is the world's time in milliseconds. */
export type HistoryEntry = { readonly at: number; readonly instance: string } & (
  | {
      readonly type: 'acquired' | 'lost' | 'settled';
      readonly lock: string;
      readonly token: number;
    }
  /** It asked its lease, which told it that it is valid. `live` is what the store would have said at that moment. */
  | {
      readonly type: 'believes';
      readonly lock: string;
      readonly token: number;
      readonly until: number;
      readonly live: boolean;
    }
  /** It still trusted its lease when the store granted the lock to somebody else, or held it to have expired. */
  | {
      readonly type: 'trusts';
      readonly lock: string;
      readonly token: number;
      readonly newer: number | null;
    }
  | {
      readonly type: 'run-started';
      readonly job: string;
      readonly lock: string;
      readonly slot: number | null;
      readonly token: number;
    }
  /** The handler of a run that goes on was called once more. */
  | {
      readonly type: 'tried-again';
      readonly job: string;
      readonly lock: string;
      readonly token: number;
      readonly attempt: number;
    }
  | {
      readonly type: 'run-ended';
      readonly job: string;
      readonly lock: string;
      readonly slot: number | null;
      readonly token: number;
      readonly outcome: string;
      /** Why it was told to stop, if it was: the name of the reason. */
      readonly told?: string | undefined;
    }
  /** By the store: one step that was carried out. */
  | {
      readonly type: 'granted';
      readonly lock: string;
      readonly token: number;
      readonly grantId: string;
      readonly ttl: number;
    }
  | {
      readonly type: 'released';
      readonly lock: string;
      readonly grantId: string;
      readonly job?: string | undefined;
      readonly slot?: number | undefined;
    }
  /** By the instance: it was sent. */
  | { readonly type: 'renew-sent'; readonly grantId: string; readonly remaining: number | null }
  | {
      readonly type: 'release-sent';
      readonly grantId: string;
      readonly job?: string | undefined;
      readonly slot?: number | undefined;
      readonly holdOff?: number | undefined;
    }
  | { readonly type: 'write'; readonly resource: string; readonly token: number; readonly accepted: boolean }
  /** By the store: an operator has paused or resumed a job for the whole cluster. */
  | { readonly type: 'job-paused' | 'job-resumed'; readonly lock: string; readonly job: string }
  /** By the instance: it was told to pause or resume a job, and answers whether that was written. */
  | { readonly type: 'pause-asked'; readonly job: string; readonly paused: boolean }
  | {
      readonly type: 'pause-answered';
      readonly job: string;
      readonly paused: boolean;
      readonly answer: boolean | 'failed';
      /** When it was told: it may have been told more than once. */
      readonly asked: number;
    }
  /** What has to be done before it may start is done, or could not be: then its process ends. */
  | { readonly type: 'went-on' }
  | { readonly type: 'startup-failed'; readonly job: string; readonly cause: string }
  | { readonly type: 'fault'; readonly fault: string }
  | { readonly type: 'crashed' | 'paused' | 'resumed' | 'restarted' | 'state-lost' }
  | { readonly type: 'stopping' | 'stopped'; readonly took?: number; readonly limit?: number }
  | { readonly type: 'open'; readonly handles: number }
);

type Distributed<T> = T extends unknown ? Omit<T, 'at'> : never;
export type NewEntry = Distributed<HistoryEntry>;

export interface Violation {
  /** The name of the invariant. */
  readonly invariant: string;
  readonly message: string;
  readonly at: number;
}

/** One line for each entry, the same for the same history. */
export function historyText(entries: readonly HistoryEntry[]): string {
  return entries.map(line).join('\n');
}

function line({ at, instance, type, ...rest }: HistoryEntry): string {
  const details = Object.entries(rest)
    .filter(([, value]) => value !== undefined)
    .map(
      ([key, value]) =>
        `${key}=${typeof value === 'number' ? Math.round(value * 1_000) / 1_000 : String(value)}`,
    );
  return [(at / 1_000).toFixed(6).padStart(12), instance.padEnd(6), type.padEnd(12), ...details].join(' ');
}
