const { availableParallelism } = require('node:os')

/** Types are checked by `tsc`, not here (`isolatedModules`): see CONTRIBUTING.md. */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/tests'],
  testMatch: ['**/*.test.ts'],
  transform: { '^.+[.]ts$': ['ts-jest', { tsconfig: 'tsconfig.json' }] },
  moduleNameMapper: {
    '^reprise$': '<rootDir>/src/index.ts',
    '^reprise/(adapter|algebra|boundary|codec|http|jetstream|memory|opentelemetry|postgres|testing)$':
      '<rootDir>/src/$1.ts',
  },
  globalSetup: '<rootDir>/tests/support/global-setup.ts',
  globalTeardown: '<rootDir>/tests/support/global-teardown.ts',
  testSequencer: '<rootDir>/tests/support/slowest-first.js',
  reporters: ['default', '<rootDir>/tests/support/summary-reporter.js'],
  collectCoverageFrom: ['src/core/**/*.ts'],
  coverageThreshold: {
    './src/core/': { branches: 98, functions: 100, lines: 99.9, statements: 99.9 },
  },
  // Most tests wait for a database. On two cores four workers take 0.8 of the time of two, and jest's own choice, one, twice as long.
  maxWorkers: Math.max(availableParallelism(), 4),
  testTimeout: 30_000,
  // A worker that holds nothing takes longer than jest's own half second to end on a busy machine. One that leaks still shows.
  workerGracefulExitTimeout: 15_000,
}
