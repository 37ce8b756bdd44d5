import type { HistoryEntry } from '../history.js';

/** What a store counts as run, as a history tells it: the last slot of each job, and which one that was at each grant. */
export class Marks {
  /** By the lock and the job: where several may run one at once, each permit has slots of its own. */
  readonly #last = new Map<string, number>();
  readonly #atGrant = new Map<string, ReadonlyMap<string, number>>();

  /** To be told of all entries, in order. */
  note(entry: HistoryEntry): void {
    if (entry.type === 'state-lost') {
      this.#last.clear();
      this.#atGrant.clear();
    } else if (entry.type === 'released' && entry.job !== undefined && entry.slot !== undefined) {
      const key = `${entry.lock} ${entry.job}`;
      this.#last.set(key, Math.max(entry.slot, this.#last.get(key) ?? -Infinity));
    } else if (entry.type === 'granted') {
      const key = `${entry.lock} ${entry.token}`;
      if (!this.#atGrant.has(key)) this.#atGrant.set(key, new Map(this.#last));
    }
  }

  /** The last slot that counts as run; `undefined` if the store knows of none. */
  last(lock: string, job: string): number | undefined {
    return this.#last.get(`${lock} ${job}`);
  }

  /** The last slot that counted as run when the run's lock was granted. */
  atGrantOf({ lock, job, token }: Run): number | undefined {
    return this.#atGrant.get(`${lock} ${token}`)?.get(`${lock} ${job}`);
  }

  /** Whether the store still knows of the run's grant: it has not lost its state since. */
  knowsGrantOf({ lock, token }: Run): boolean {
    return this.#atGrant.has(`${lock} ${token}`);
  }
}

type Run = Pick<HistoryEntry & { readonly type: 'run-started' }, 'lock' | 'job' | 'token'>;
