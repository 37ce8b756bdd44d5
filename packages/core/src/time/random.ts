/** Chance, injected. */
export interface Random {
  /** A number in `[0, 1)`, for jitter. */
  next(): number;
  /** A UUID that nobody can guess, for grant ids. Azure accepts nothing else as a lease id. */
  uuid(): string;
}

export const systemRandom: Random = {
  next: () => Math.random(),
  uuid: () => globalThis.crypto.randomUUID(),
};

/** A pause, and a little more by chance: those who were refused together do not come back together. Milliseconds. */
export function jittered(pause: number, random: Random): number {
  return pause + Math.min(pause * JITTER, MAX_JITTER) * random.next();
}

/** The share of a pause, and the most milliseconds, that are added. */
const JITTER = 0.1;
const MAX_JITTER = 2_000;
