import {
  atStart,
  ConfigurationError,
  fixedDelay,
  interval,
  type Schedule,
  service,
  show,
} from '@leased-jobs/core';
import type { JobSetting } from '../configuration/job-settings.js';
import type { JobDecorator } from '../decorators/job-declaration.js';
import { cron } from '../schedules/cron.js';
import type { DeclaredOptions } from './job-draft.js';

/** What is particular about the jobs of one decorator. */
export interface JobKind {
  /** For messages: `has an interval`. */
  readonly timing: string;
  /** The setting that says when they are due, if one may. */
  readonly variable: (keyof JobSetting & ('interval' | 'cron')) | null;
  /** The options that they know. */
  readonly options: readonly string[];
  /**
   * @param when What was written, made by a factory, or set by a variable: anything.
   * @throws ConfigurationError
   */
  schedule(when: unknown, options: DeclaredOptions): Schedule;
}

const EACH = ['lock', 'name', 'ttl', 'enabled'];
const WITH_SLOTS = [
  ...EACH,
  'onCrash',
  'missed',
  'maxRuntime',
  'retry',
  'jitter',
  'runOnStart',
  'concurrency',
  'waitFor',
];

const EVERY_SO_OFTEN: JobKind = {
  timing: 'has an interval',
  variable: 'interval',
  options: [...WITH_SLOTS, 'mode'],
  schedule(when, { mode = 'fixed-rate' }) {
    if (mode === 'fixed-rate') return interval(when as number);
    if (mode === 'fixed-delay') return fixedDelay(when as number);
    throw new ConfigurationError(`mode is ${show(mode)}. Choose "fixed-rate" or "fixed-delay".`);
  },
};

export const KINDS: { readonly [Decorator in JobDecorator]: JobKind } = {
  '@ExclusiveInterval': EVERY_SO_OFTEN,
  ExclusiveWorker: EVERY_SO_OFTEN,
  '@ExclusiveCron': {
    timing: 'has a cron expression',
    variable: 'cron',
    options: [...WITH_SLOTS, 'timeZone'],
    schedule: (when, { timeZone }) => cron(when as string, timeZone),
  },
  '@ExclusiveOnBootstrap': {
    timing: 'is done when the app starts',
    variable: null,
    options: [...EACH, 'once', 'timeout', 'maxRuntime', 'retry'],
    schedule: (once, { timeout }) => atStart({ once: once as string | undefined, timeout }),
  },
  '@ExclusiveService': {
    timing: 'is always due',
    variable: null,
    options: [...EACH, 'concurrency', 'restartDelay', 'maxRestartDelay', 'waitFor'],
    schedule: (_, { restartDelay, maxRestartDelay }) => service({ restartDelay, maxRestartDelay }),
  },
};
