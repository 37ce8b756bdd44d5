import { ConfigurationError, show } from '../errors.js';
import { type Job, type JobDefinition, permitsOf, resolveJob } from './job-definition.js';
import type { JobDefaults } from './job-policies.js';

/** The jobs of one instance, by their names, which are unique. */
export class JobRegistry {
  readonly #defaults: JobDefaults;
  readonly #jobs = new Map<string, Job>();
  /** Those of which several instances may run one at once. */
  readonly #concurrent = new Set<Job>();

  constructor(defaults: JobDefaults) {
    this.#defaults = defaults;
  }

  /** @throws ConfigurationError that names the job, the value, and what is legal. */
  add(definition: JobDefinition): Job {
    const job = resolveJob(definition, this.#defaults);
    if (this.#jobs.has(job.name)) {
      throw new ConfigurationError(
        `Two jobs are called "${job.name}". Give one of them another \`name\`: slots and reports are kept by it.`,
      );
    }
    this.#refuseSharedPermits(job);
    this.#jobs.set(job.name, job);
    if (job.policies.concurrency > 1) this.#concurrent.add(job);
    return job;
  }

  /** Returns the job that it has forgotten. */
  remove(name: string): Job | undefined {
    const job = this.#jobs.get(name);
    if (!job) return undefined;
    this.#jobs.delete(name);
    this.#concurrent.delete(job);
    return job;
  }

  /** Whether it is this very job, and no other that was given its name since. */
  has(job: Job): boolean {
    return this.#jobs.get(job.name) === job;
  }

  /** Those that are added meanwhile come last. */
  values(): IterableIterator<Job> {
    return this.#jobs.values();
  }

  /** @throws ConfigurationError if there is no job of this name, with those that there are. */
  named(name: string): Job {
    const job = this.#jobs.get(name);
    if (job) return job;
    const known = [...this.#jobs.keys()].slice(0, MAX_NAMES).join(', ');
    throw new ConfigurationError(
      `There is no job ${show(name)}. ${known ? `Choose among ${known}.` : 'None was added.'}`,
    );
  }

  /** Who may hold one of many permits is excluded by nobody who asks for another one. */
  #refuseSharedPermits(job: Job): void {
    const isOne = job.policies.concurrency === 1;
    if (isOne && this.#concurrent.size === 0) return;
    const permits = new Set(permitsOf(job));
    const others = isOne ? this.#concurrent : this.#jobs.values();
    for (const other of others) {
      const shared = permitsOf(other).find((lock) => permits.has(lock));
      if (shared === undefined) continue;
      throw new ConfigurationError(
        `The jobs "${other.name}" and "${job.name}" share the lock "${shared}", and several instances may run one of them at once. Give them different locks, or leave concurrency out.`,
      );
    }
  }
}

const MAX_NAMES = 20;
