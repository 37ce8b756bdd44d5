import type { Config } from 'jest';
// @ts-expect-error -- Jest and Node load it by this very name; the compiler has no say in it.
import config from '../../jest.config.ts';

/** The tests of packages/nestjs once more, on Nest 11. */
const [unit] = config.projects as Exclude<NonNullable<Config['projects']>[number], string>[];

const nest11: Config = {
  ...unit,
  displayName: 'nest11',
  rootDir: '../..',
  testMatch: ['<rootDir>/packages/nestjs/test/**/*.test.ts'],
  globals: { NEST_MAJOR: 11 },
  moduleNameMapper: {
    '^@nestjs/(common|core|platform-express|testing)(/.*)?$':
      '<rootDir>/compat/nest11/node_modules/@nestjs/$1$2',
    // One copy: metadata and observables of two copies do not know each other.
    '^(rxjs|reflect-metadata)$': '<rootDir>/node_modules/$1',
    ...(unit?.moduleNameMapper as object),
  },
};
export default nest11;
