import { ConfigurationError, type JobDefinition, type JobHandler, type Schedule } from '@leased-jobs/core';
import type { JobSettings } from '../configuration/job-settings.js';
import { onFreshInstance } from './fresh-instance.js';
import { type JobDraft, jobDraft } from './job-draft.js';
import type { JobHost } from './job-hosts.js';
import { JobSchedules } from './job-schedules.js';
import { needsDi, settledByDi } from './settings-from-di.js';
import { type WaitFor, waitOf } from './wait-of.js';

export interface CollectorParts {
  /** Takes what is collected. */
  readonly add: (definition: JobDefinition) => void;
  /** What the environment says. */
  readonly settings: JobSettings;
  /** Gets a sentence for each thing that is wrong. */
  readonly problems: string[];
  readonly waitFor: WaitFor;
  /** Whether this instance runs the jobs of which nothing else is said. */
  readonly enabled: boolean;
}

/** Turns declarations into the engine's definitions. Lives while an app starts, and keeps nothing of it. */
export class JobCollector {
  readonly #parts: CollectorParts;
  readonly #hostOfName = new Map<string, JobHost>();
  readonly #schedules = new JobSchedules();
  /** When the jobs are due that this instance runs, by their names. */
  readonly running = new Map<string, Schedule>();
  /** The jobs that named no lock: how many, and the first. */
  unnamedLocks = 0;
  firstUnnamedLock = '';

  constructor(parts: CollectorParts) {
    this.#parts = parts;
  }

  /** Adds the jobs in the order of their declarations. Factories of settings are all called at once. */
  async collect(hosts: Iterable<JobHost>): Promise<void> {
    const { settings, problems } = this.#parts;
    /** From the first one on that has to wait for a factory. */
    const waiting: (JobDraft | Promise<JobDraft | null>)[] = [];
    for (const host of hosts) {
      problems.push(...host.declared.problems);
      for (const declaration of host.declared.jobs) {
        try {
          const draft = jobDraft(host, declaration, settings);
          if (this.#isKnown(draft)) continue;
          if (needsDi(draft)) waiting.push(settledByDi(draft, problems));
          else if (waiting.length > 0) waiting.push(draft);
          else this.#define(draft);
        } catch (thrown) {
          this.#tell(thrown);
        }
      }
    }
    for (const each of waiting) {
      const draft = await each;
      try {
        if (draft) this.#define(draft);
      } catch (thrown) {
        this.#tell(thrown);
      }
    }
  }

  #tell(thrown: unknown): void {
    if (!(thrown instanceof ConfigurationError)) throw thrown;
    this.#parts.problems.push(thrown.message);
  }

  /** Whether it is the same job once more: of an instance that is known under two tokens. */
  #isKnown({ name, host }: JobDraft): boolean {
    const other = this.#hostOfName.get(name);
    if (other && other !== host && other.instance !== null && other.instance === host.instance) return true;
    if (other) throw new ConfigurationError(twice(name, other, host));
    this.#hostOfName.set(name, host);
    return false;
  }

  #define(draft: JobDraft): void {
    const { name, host, member, options } = draft;
    const { lock, onCrash, missed, maxRuntime, retry, jitter, runOnStart, concurrency } = options;
    const { instance } = host;
    const schedule = this.#schedules.of(draft);
    if (draft.enabled ?? this.#parts.enabled) this.running.set(name, schedule);
    if (lock === undefined && this.unnamedLocks++ === 0) this.firstUnnamedLock = name;
    // Written out: with 10,000 jobs, a spread would be half of the start.
    this.#parts.add({
      name,
      lock,
      schedule,
      handler: instance ? (Reflect.get(instance, member) as JobHandler) : onFreshInstance(host, member),
      self: instance ?? undefined,
      ttl: draft.ttl as number | undefined,
      onCrash,
      missed,
      maxRuntime,
      retry,
      jitter,
      runOnStart,
      concurrency,
      waitFor: waitOf(draft, this.#parts.waitFor),
      enabled: draft.enabled as boolean | undefined,
    });
  }
}

function twice(name: string, first: JobHost, second: JobHost): string {
  const places = [first, second].map(({ declared, module }) => `${declared.className} in ${module.name}`);
  const remedy =
    first.prototype === second.prototype && first.wrapper !== second.wrapper
      ? 'Provide the class in one module, and export it from there.'
      : 'Give one of them another `name`.';
  return `Two jobs are called "${name}": ${places.join(', and ')}. ${remedy}`;
}
