import type { LeasedJobsEvent, LeaseRefusal, RunReport } from '@leased-jobs/core';

export interface LogLine {
  readonly level: 'debug' | 'log' | 'warn' | 'error';
  readonly text: string;
  readonly stack?: string | undefined;
}

/** What a person should read of an event; `null` if another line says it. */
export function eventLine(event: LeasedJobsEvent): LogLine | null {
  return (LINES[event.type] as (event: LeasedJobsEvent) => LogLine | null)(event);
}

type Event<Type> = Extract<LeasedJobsEvent, { readonly type: Type }>;
type Refusal<Reason> = Extract<LeaseRefusal, { readonly refused: Reason }>;

const LINES: { readonly [Type in LeasedJobsEvent['type']]: (event: Event<Type>) => LogLine | null } = {
  acquired: ({ lock, fencingToken }) => line('log', `Lease acquired: ${lock} (token ${fencingToken})`),
  renewed: ({ lock, fencingToken }) => line('log', `Lease renewed: ${lock} (token ${fencingToken})`),
  released: ({ lock, fencingToken }) => line('log', `Lease released: ${lock} (token ${fencingToken})`),
  refused: ({ lock, refusal }) => {
    const describe = REFUSALS[refusal.refused] as (refusal: LeaseRefusal) => string;
    return line(refusal.refused === 'ahead' ? 'warn' : 'log', `${lock} ${describe(refusal)}`);
  },
  lost: ({ fencingToken, error }) => line('warn', `${error.message} (token ${fencingToken})`),
  'store-failed': ({ operation, lock, error }) =>
    line('warn', `The store failed (${lock === '' ? operation : `${operation} ${lock}`}): ${error.message}`),
  'listener-failed': ({ lock, error }) =>
    failure(`A listener on the signal of the lease ${lock} threw`, error),
  'subscriber-failed': ({ error }) => failure('A listener on the events threw', error),
  'attendance-failed': ({ job, error }) => failure(`A slot of ${job} could not be attended`, error),
  'run-started': ({ job }) => line('debug', `Run started: ${job}`),
  'run-ended': ({ job, report, error }) => ENDS[report.outcome](job, span(report.duration), error),
  'run-retried': ({ job, attempt, delay, error }) =>
    line('warn', `Attempt ${attempt} of ${job} failed, the next one is in ${span(delay)}: ${error.message}`),
  'run-unresponsive': ({ job, waited, reason }) =>
    line(
      'warn',
      `${job} was told to stop ${span(waited)} ago, goes on, and keeps its lease: ${reason.message}`,
    ),
  skipped: ({ job, reason }) => {
    if (reason === 'still-running') return line('log', `${job} skips a slot: its last run has not ended`);
    if (reason === 'never-run') return line('debug', `${job} has missed nothing: it has never run`);
    if (reason === 'unreachable') return line('debug', `${job} skips a slot: the store could not be asked`);
    return null;
  },
  'renewal-worker-ended': ({ error }) =>
    failure('The thread that renewed the leases has ended, so they are renewed without it', error),
  drained: ({ unfinished, took }) =>
    unfinished.length === 0
      ? line('log', `Drained in ${span(took)}`)
      : line(
          'warn',
          `Drained after ${span(took)}, but these still run, and keep their leases until they expire: ${unfinished.join(', ')}`,
        ),
};

const REFUSALS: { readonly [Reason in LeaseRefusal['refused']]: (refusal: Refusal<Reason>) => string } = {
  held: ({ holder, expiresIn }) =>
    `is held by ${shortInstance(holder)} for another ${span(expiresIn)}; will try again next time`,
  done: () => 'was done for this slot by another instance; will try again next time',
  'not-due': ({ retryAfter }) => `is not due for another ${span(retryAfter)}`,
  paused: () => 'is paused for the whole cluster',
  ahead: ({ by }) =>
    `was asked for ${span(by)} too early by the store's clock. Set the clock of this host, or of the store`,
};

type End = (job: string, after: string, error: Error | undefined) => LogLine;

const ENDS: { readonly [Outcome in RunReport['outcome']]: End } = {
  succeeded: (job, after) => line('debug', `Run succeeded: ${job}, after ${after}`),
  failed: (job, after, error) => failure(`${job} failed after ${after}`, error),
  'timed-out': (job, after, error) => failure(`${job} ended beyond its maxRuntime, after ${after}`, error),
  interrupted: (job, after) =>
    line('log', `${job} was interrupted after ${after}; another instance takes its slot`),
  lost: (job, after) =>
    line('warn', `${job} lost its lease in the middle of a run, and ended after ${after}`),
};

function failure(what: string, error: Error | undefined): LogLine {
  return { level: 'error', text: error ? `${what}: ${error.message}` : what, stack: error?.stack };
}

function line(level: LogLine['level'], text: string): LogLine {
  return { level, text };
}

/** `12 s`, `1.5 s`, `300 ms`. */
function span(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return `${Number((ms / 1_000).toFixed(ms < 10_000 ? 1 : 0))} s`;
}

/** `host:pid` is enough to find an instance by. */
function shortInstance(instance: string): string {
  return /^(.+:\d+):[0-9a-f]+$/.exec(instance)?.[1] ?? instance;
}
