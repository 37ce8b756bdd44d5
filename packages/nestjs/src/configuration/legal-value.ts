import { MAX_DELAY } from '@leased-jobs/core';

/** One kind of setting: how it is read from a variable, what is legal, and how to say that. */
export interface LegalValue<T> {
  /** `undefined` if the text does not say any such value. */
  parse(text: string): T | undefined;
  accepts(value: unknown): value is T;
  /** Ends the sentence "Choose …". */
  readonly legal: string;
}

export function milliseconds(least: number, most: number = MAX_DELAY): LegalValue<number> {
  return {
    parse: (text) => (/^\d+$/.test(text) ? Number(text) : undefined),
    accepts: (value): value is number =>
      Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
    legal: `a whole number of milliseconds from ${least} to ${most}`,
  };
}

export function oneOf<T extends string>(...values: readonly T[]): LegalValue<T> {
  return {
    parse: (text) => values.find((value) => value === text),
    accepts: (value): value is T => values.some((legal) => legal === value),
    legal: values.join(' or '),
  };
}

export const trueOrFalse: LegalValue<boolean> = {
  parse: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
  accepts: (value) => typeof value === 'boolean',
  legal: 'true or false',
};

export function shortText(maxBytes: number): LegalValue<string> {
  return {
    parse: (value) => value,
    accepts: (value): value is string =>
      typeof value === 'string' &&
      value.trim() !== '' &&
      value.isWellFormed() &&
      !CONTROL_CHARACTER.test(value) &&
      Buffer.byteLength(value) <= maxBytes,
    legal: `a text of 1 to ${maxBytes} bytes, without control characters and lone surrogates`,
  };
}

/** They would break a log line in two. */
const CONTROL_CHARACTER = /\p{Cc}/u;
