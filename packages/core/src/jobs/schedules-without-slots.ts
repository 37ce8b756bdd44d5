import { ConfigurationError, show } from '../errors.js';
import { MAX_DELAY } from '../time/clock.js';
import type { Schedule } from './schedule.js';

/**
 * Due `ms` milliseconds after the last run has ended, wherever that was; a job that has never run is due at once. The store
 * keeps the time, so that restarts and crashes change nothing about it. There are no slots, and so nothing that is missed.
 *
 * @throws ConfigurationError unless `ms` is a whole number from 1 to {@link MAX_DELAY}.
 */
export function fixedDelay(ms: number): Schedule {
  if (!isDelay(ms)) throw new ConfigurationError(`A delay of ${show(ms)} ms is not possible. ${LEGAL}`);
  return { delay: ms, description: `${ms} ms after its last run`, next: () => Infinity };
}

export interface ServiceOptions {
  /** Milliseconds from the end of the handler to its next call. Default: 1 000. */
  readonly restartDelay?: number;
  /** A handler that throws again and again is called ever less often, down to once in so many milliseconds. Default: 60 000. */
  readonly maxRestartDelay?: number;
}

/**
 * Always due: the handler is called, and called again when it has ended, by one instance at a time. It should go on until
 * `run.signal` aborts. What returns because it was told to stop leaves its place to another instance at once.
 *
 * A handler that throws is called again after `restartDelay`, and then after twice that, and so on up to `maxRestartDelay`,
 * by any instance. One that has gone on for longer than `maxRestartDelay` begins from `restartDelay` again.
 *
 * @throws ConfigurationError unless both are whole numbers from 1 to {@link MAX_DELAY}.
 */
export function service(options: ServiceOptions = {}): Schedule {
  const { restartDelay = 1_000, maxRestartDelay = Math.max(restartDelay, 60_000) } = options;
  for (const [option, value] of Object.entries({ restartDelay, maxRestartDelay })) {
    if (!isDelay(value)) throw new ConfigurationError(`${option} is ${show(value)}. ${LEGAL}`);
  }
  return {
    delay: restartDelay,
    service: { restartDelay, maxRestartDelay: Math.max(restartDelay, maxRestartDelay) },
    description: 'always',
    next: () => Infinity,
  };
}

export interface StartupOptions {
  /**
   * A value that says what is done, such as a version: once in the cluster for each. The other instances wait until it is done,
   * and go on. Default: on each instance at each start, one instance at a time.
   */
  readonly once?: string;
  /** How long a start may take for it, in milliseconds: waiting for the others, and running. Default: 300 000. */
  readonly timeout?: number;
}

/**
 * Due when an instance starts, before anything else is: see `JobEngine.startUp`.
 *
 * @throws ConfigurationError if `once` is no text of 1 to 100 characters, or `timeout` no whole number from 1 to
 *   {@link MAX_DELAY}.
 */
export function atStart({ once, timeout = 300_000 }: StartupOptions = {}): Schedule {
  if (once !== undefined && (typeof once !== 'string' || once.length < 1 || once.length > MAX_ONCE)) {
    throw new ConfigurationError(
      `once is ${show(once)}. Choose a text of 1 to ${MAX_ONCE} characters that says what is done once, such as a version.`,
    );
  }
  if (!isDelay(timeout)) throw new ConfigurationError(`timeout is ${show(timeout)}. ${LEGAL}`);
  return {
    startup: { once, timeout },
    description: once === undefined ? 'at each start' : `once for ${once}`,
    next: () => Infinity,
  };
}

function isDelay(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_DELAY;
}

const LEGAL = `Choose a whole number of milliseconds from 1 to ${MAX_DELAY}.`;
const MAX_ONCE = 100;
