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
