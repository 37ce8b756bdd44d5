/** What a test tells the instances of the app of many kinds of jobs, by the variable `KINDS`. All durations are milliseconds. */
export interface KindsSettings {
  readonly jobs: readonly KindOfJob[];
}

export type KindOfJob = {
  /** Of the job and, unless there is a `lock`, of its lock. */
  readonly name: string;
  readonly lock?: string;
  readonly ttl: number;
  /** How many guarded steps a run takes. Default: as many as it can before it is told to stop. */
  readonly steps?: number;
  /** How long each lasts. */
  readonly stepTime: number;
} & (
  | { readonly kind: 'cron'; readonly expression: string; readonly missed?: 'skip' | 'once' | 'all' }
  | { readonly kind: 'interval' | 'fixed-delay'; readonly every: number }
  | { readonly kind: 'service'; readonly concurrency?: number }
  | { readonly kind: 'bootstrap'; readonly once?: string }
);

export const KINDS_NAMESPACE = 'kinds';

/** The environment of an instance of that app. */
export function kindsEnv(settings: KindsSettings): Readonly<Record<string, string>> {
  return { KINDS: JSON.stringify(settings), LEASED_JOBS_NAMESPACE: KINDS_NAMESPACE };
}

export function kindsSettings(
  env: Readonly<Record<string, string | undefined>> = process.env,
): KindsSettings {
  return JSON.parse(env['KINDS'] ?? '{"jobs":[]}') as KindsSettings;
}
