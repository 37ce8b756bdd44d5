/** A mistake that somebody could make in these sources, made on purpose, and the case that would tell of it. */
export interface Fault {
  /** Short, in kebab-case: `--only` takes it. */
  readonly name: string;
  /** What a user would suffer. */
  readonly suffers: string;
  /** The source, from the root of the repository. */
  readonly file: string;
  /** Occurs in the source exactly once. */
  readonly text: string;
  readonly becomes: string;
  readonly caughtBy: TestCase;
}

export interface TestCase {
  /** The test file, from the root of the repository. */
  readonly file: string;
  /** The names of its groups and its own, with a space between each, as Jest joins them. */
  readonly title: string;
}

/** @throws Error if the text is not there, or there more than once: then nobody knows what would be tested. */
export function faulty(source: string, { name, file, text, becomes }: Fault): string {
  const [before, after, ...more] = source.split(text);
  if (before === undefined || after === undefined || more.length > 0) {
    const times = after === undefined ? 'not' : `${more.length + 1} times`;
    throw new Error(`${name}: its text is ${times} in ${file}, and has to be there once.`);
  }
  return before + becomes + after;
}
