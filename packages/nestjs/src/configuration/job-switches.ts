import { show } from '@leased-jobs/core';
import type { Environment } from '../module-options.js';
import { trueOrFalse } from './legal-value.js';
import { variable, VARIABLES } from './settings.js';

/**
 * `LEASED_JOBS_<JOB>_ENABLED`: switches one job on or off on this instance.
 *
 * `<JOB>` is the job's name in upper case, with every run of other characters than `A-Z` and `0-9` replaced by one
 * `_`: `Newsletter.send` and `newsletter-send` are both `NEWSLETTER_SEND`, `sendMails` is `SENDMAILS`.
 */
export class JobSwitches {
  readonly #switches = new Map<string, boolean | undefined>();
  readonly #unknown = new Set<string>();

  constructor(env: Environment, problems: string[]) {
    for (const name of Object.keys(env)) {
      const text = name.startsWith(PREFIX) ? variable(env, name) : undefined;
      if (text === undefined || KNOWN.has(name)) continue;
      this.#unknown.add(name);
      if (!name.endsWith(SUFFIX)) continue;
      const value = trueOrFalse.parse(text);
      if (value === undefined) problems.push(`${name} is ${show(text)}. Choose ${trueOrFalse.legal}.`);
      this.#switches.set(name, value);
    }
  }

  /** What the environment says of a job; `undefined` if nothing. */
  of(job: unknown): boolean | undefined {
    if (this.#switches.size === 0 || typeof job !== 'string') return undefined;
    const name = switchName(job);
    this.#unknown.delete(name);
    return this.#switches.get(name);
  }

  /** Variables that look like ours, and that nothing has asked for. Likely typos. */
  unknown(): readonly string[] {
    return [...this.#unknown];
  }
}

export function switchName(job: string): string {
  return `${PREFIX}${job.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_')}${SUFFIX}`;
}

const PREFIX = 'LEASED_JOBS_';
const SUFFIX = '_ENABLED';

/** The last two are read by providers. */
const KNOWN = new Set<string>([
  ...Object.values(VARIABLES),
  'LEASED_JOBS_DIRECTORY',
  'LEASED_JOBS_CONTAINER',
]);
