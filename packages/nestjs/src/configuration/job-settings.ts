import {
  asError,
  ConfigurationError,
  leaseTiming,
  type LeaseProvider,
  MAX_INTERVAL,
  show,
} from '@leased-jobs/core';
import type { Environment } from '../module-options.js';
import { cron } from '../schedules/cron.js';
import { blaming } from './blaming.js';
import { type LegalValue, milliseconds, trueOrFalse } from './legal-value.js';
import { variable, VARIABLES } from './settings.js';

/** What the environment says of one job. It wins over the code. */
export interface JobSetting {
  readonly enabled?: boolean;
  /** Milliseconds. */
  readonly ttl?: number;
  /** Milliseconds: of an interval, or of a fixed delay. */
  readonly interval?: number;
  /** A cron expression. */
  readonly cron?: string;
}

/**
 * `LEASED_JOBS_<JOB>_ENABLED`, `_TTL`, `_INTERVAL` and `_CRON`: settings of one job, on this instance.
 *
 * `<JOB>` is the job's name in upper case, with every run of other characters than `A-Z` and `0-9` replaced by one
 * `_`: `Newsletter.send` and `newsletter-send` are both `NEWSLETTER_SEND`, `sendMails` is `SENDMAILS`.
 */
export class JobSettings {
  readonly #settings = new Map<string, JobSetting>();
  readonly #unknown = new Set<string>();

  /** What is wrong is a sentence in `problems` that names the variable, its value, and what is legal. */
  constructor(env: Environment, provider: Pick<LeaseProvider, 'name' | 'limits'>, problems: string[]) {
    for (const name of Object.keys(env)) {
      const text = name.startsWith(PREFIX) ? variable(env, name) : undefined;
      if (text === undefined || KNOWN.has(name)) continue;
      this.#unknown.add(name);
      const setting = SETTINGS.find((known) => name.endsWith(suffixOf(known)));
      if (setting === undefined) continue;
      const job = name.slice(0, -suffixOf(setting).length);
      try {
        const value = parse(setting, text, name, provider);
        this.#settings.set(job, { ...this.#settings.get(job), [setting]: value });
      } catch (thrown) {
        problems.push(asError(thrown).message);
      }
    }
  }

  of(job: unknown): JobSetting {
    if (this.#settings.size === 0 || typeof job !== 'string') return NOTHING;
    const settings = this.#settings.get(prefixOf(job)) ?? NOTHING;
    for (const setting of SETTINGS) {
      if (settings[setting] !== undefined) this.#unknown.delete(settingName(job, setting));
    }
    return settings;
  }

  /** Variables that look like ours, and that nothing has asked for. Likely typos. */
  unknown(): readonly string[] {
    return [...this.#unknown];
  }
}

/** The variable's name. */
export function settingName(job: string, setting: keyof JobSetting): string {
  return prefixOf(job) + suffixOf(setting);
}

/** @throws ConfigurationError that names the variable and its value, and says what is legal. */
function parse(
  setting: keyof JobSetting,
  text: string,
  variableName: string,
  { name, limits }: Pick<LeaseProvider, 'name' | 'limits'>,
): boolean | number | string {
  const legal = <T>(kind: LegalValue<T>): T => {
    const value = kind.parse(text);
    if (kind.accepts(value)) return value;
    throw new ConfigurationError(`${variableName} is ${show(text)}. Choose ${kind.legal}.`);
  };
  if (setting === 'enabled') return legal(trueOrFalse);
  if (setting === 'interval') return legal(milliseconds(1, MAX_INTERVAL));
  if (setting === 'cron') {
    blaming(variableName, () => cron(text));
    return text;
  }
  const ttl = legal(milliseconds(1));
  return blaming(variableName, () => leaseTiming(ttl, limits, name)).ttl;
}

function prefixOf(job: string): string {
  return PREFIX + job.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_');
}

function suffixOf(setting: keyof JobSetting): string {
  return `_${setting.toUpperCase()}`;
}

const NOTHING: JobSetting = {};
const SETTINGS: readonly (keyof JobSetting)[] = ['enabled', 'ttl', 'interval', 'cron'];
const PREFIX = 'LEASED_JOBS_';

/** The last two are read by providers. */
const KNOWN = new Set<string>([
  ...Object.values(VARIABLES),
  'LEASED_JOBS_DIRECTORY',
  'LEASED_JOBS_CONTAINER',
]);
