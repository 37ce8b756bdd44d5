import { createRequire } from 'node:module';
import { expect, it } from '@jest/globals';

declare const NEST_MAJOR: number | undefined;

/** Set by compat/nest11. */
const expected = typeof NEST_MAJOR === 'number' ? NEST_MAJOR : 12;

it.each(['common', 'core'])('the @nestjs/%s under test is of the major meant', (name) => {
  const require = createRequire(import.meta.url);
  const { version } = require(`@nestjs/${name}/package.json`) as { version: string };
  expect(version.split('.')[0]).toBe(`${expected}`);
});
