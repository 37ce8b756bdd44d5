import type { Config } from 'jest';

/** Packages are tested from their sources; the processes that some tests start run the built files. */
const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2022',
          keepClassNames: true,
        },
        module: { type: 'es6' },
      },
    ],
  },
  moduleNameMapper: {
    '^@leased-jobs/(cluster-harness|backends|demo-jobs)$': '<rootDir>/libs/$1/src/index.ts',
    '^@leased-jobs/([a-z-]+)$': '<rootDir>/packages/$1/src/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
} satisfies Config;

const config: Config = {
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['<rootDir>/{packages,libs,apps}/*/test/**/*.test.ts'] },
    {
      ...shared,
      displayName: 'processes',
      testMatch: ['<rootDir>/{packages,libs,apps}/*/test/**/*.process-test.ts'],
    },
  ],
};
export default config;
