import type { HistoryEntry } from '../history.js';
import type { Scenario } from '../scenario.js';

/** What a store counts as run, as a history tells it: the last slot of each job, and which one that was at each grant. */
export class Marks {
  readonly #lockOf: ReadonlyMap<string, string>;
  readonly #last = new Map<string, number>();
  readonly #atGrant = new Map<string, ReadonlyMap<string, number>>();

  constructor(jobs: Scenario['jobs']) {
    this.#lockOf = new Map(jobs.map(({ name, lock }) => [name, lock]));
  }

  /** To be told of all entries, in order. */
  note(entry: HistoryEntry): void {
    if (entry.type === 'state-lost') {
      this.#last.clear();
      this.#atGrant.clear();
    } else if (entry.type === 'released' && entry.job !== undefined && entry.slot !== undefined) {
      this.#last.set(entry.job, Math.max(entry.slot, this.#last.get(entry.job) ?? -Infinity));
    } else if (entry.type === 'granted') {
      const key = `${entry.lock} ${entry.token}`;
      if (!this.#atGrant.has(key)) this.#atGrant.set(key, new Map(this.#last));
    }
  }

  /** The last slot that counts as run; `undefined` if the store knows of none. */
  last(job: string): number | undefined {
    return this.#last.get(job);
  }

  /** The last slot that counted as run when this token was granted. */
  atGrant(job: string, token: number): number | undefined {
    return this.#atGrant.get(`${this.#lockOf.get(job)} ${token}`)?.get(job);
  }

  /** Whether the store still knows of this grant: it has not lost its state since. */
  knows(job: string, token: number): boolean {
    return this.#atGrant.has(`${this.#lockOf.get(job)} ${token}`);
  }
}
