/** The direction: testing -> core; cli -> studio -> http -> shell; cli -> adapters; shell, adapters -> core -> fp-ts, io-ts. */
const entries =
  '^src/(index|adapter|algebra|boundary|codec|http|jetstream|memory|opentelemetry|postgres|testing)[.]ts$'

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'core-is-pure',
      comment: 'core imports itself, fp-ts and io-ts only',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { pathNot: ['^src/core/', 'node_modules/(fp-ts|io-ts)/'] },
    },
    {
      name: 'core-has-no-effects',
      comment: 'only ports may name an effect type',
      severity: 'error',
      from: { path: '^src/core/', pathNot: '^src/core/ports/' },
      to: { path: 'node_modules/fp-ts/(lib/)?(IO|Task|Reader.*Task|Random|Date|Console)' },
    },
    {
      name: 'adapters-see-core-only',
      severity: 'error',
      from: { path: '^src/adapters/' },
      to: { path: '^src/(shell|testing|cli)/' },
    },
    {
      name: 'adapters-are-strangers',
      severity: 'error',
      from: { path: '^src/adapters/([^/]+)/' },
      to: { path: '^src/adapters/([^/]+)/', pathNot: '^src/adapters/$1/' },
    },
    {
      name: 'shell-sees-core-only',
      severity: 'error',
      from: { path: '^src/shell/' },
      to: {
        pathNot: [
          '^src/(core|shell)/',
          '^src/platform/node[.]ts$',
          'node_modules/(fp-ts|lru-cache)/',
        ],
      },
    },
    {
      name: 'node-is-in-platform-only',
      comment:
        'core, shell and stores run in a browser, where src/platform/browser.ts takes its place',
      severity: 'error',
      from: {
        path: '^src/(core|shell|adapters|personal|archive)/',
        pathNot: '/open-embedded[.]ts$',
      },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'personal-sees-core-only',
      comment: 'what the adapters put around their ports, and nothing above them',
      severity: 'error',
      from: { path: '^src/personal/' },
      to: {
        pathNot: [
          '^src/(core|personal)/',
          '^src/platform/node[.]ts$',
          'node_modules/(fp-ts|lru-cache)/',
        ],
      },
    },
    {
      name: 'archive-sees-core-only',
      comment: 'archive files, as the adapters read them',
      severity: 'error',
      from: { path: '^src/archive/' },
      to: {
        pathNot: [
          '^src/(core|archive)/',
          '^src/platform/node[.]ts$',
          'node_modules/(fp-ts|lru-cache)/',
        ],
      },
    },
    {
      name: 'platform-sees-nothing',
      severity: 'error',
      from: { path: '^src/platform/' },
      to: { path: '^src/' },
    },
    {
      name: 'the-platform-is-that-of-node',
      comment: 'a bundler for browsers puts the other one in its place',
      severity: 'error',
      from: {},
      to: { path: '^src/platform/browser[.]ts$' },
    },
    {
      name: 'http-sees-core-and-shell-only',
      comment: 'no framework, and no adapter: the application passes a backend in',
      severity: 'error',
      from: { path: '^src/http/' },
      to: {
        pathNot: [
          '^src/(core|shell|http)/',
          '^src/platform/node[.]ts$',
          'node_modules/fp-ts/',
          '^(node:)?(http|net|crypto)$',
        ],
      },
    },
    {
      name: 'shell-and-testing-do-not-see-http',
      severity: 'error',
      from: { path: '^src/(shell|testing)/' },
      to: { path: '^src/http/' },
    },
    {
      name: 'opentelemetry-sees-core-and-shell-only',
      comment: 'the API is an optional peer: nothing else imports it, or this',
      severity: 'error',
      from: { path: '^src/opentelemetry/' },
      to: {
        pathNot: [
          '^src/(core|shell|opentelemetry)/',
          '^src/platform/node[.]ts$',
          'node_modules/(fp-ts|@opentelemetry/api)/',
        ],
      },
    },
    {
      name: 'nothing-sees-opentelemetry',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/opentelemetry' },
      to: { path: '^src/opentelemetry/|node_modules/@opentelemetry/' },
    },
    {
      name: 'studio-sees-core-shell-and-http-only',
      comment:
        'the command line passes a backend in; the page is bundled, and sees types of the server only',
      severity: 'error',
      from: { path: '^src/studio/', pathNot: '^src/studio/page/' },
      to: {
        pathNot: [
          '^src/(core|shell|http|studio)/',
          'node_modules/(fp-ts|lru-cache)/',
          '^(node:)?(http|net|crypto)$',
        ],
      },
    },
    {
      name: 'page-sees-itself-only',
      severity: 'error',
      from: { path: '^src/studio/page/' },
      to: {
        pathNot: ['^src/studio/page/', 'node_modules/(preact|@tanstack/virtual-core)/'],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'nothing-sees-the-page',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/studio/page/' },
      to: { path: '^src/studio/page/' },
    },
    {
      name: 'only-the-command-line-sees-the-studio',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(studio|cli)/' },
      to: { path: '^src/studio/' },
    },
    {
      name: 'testing-sees-core-only',
      comment: 'fast-check is an optional peer, used by the law kit alone',
      severity: 'error',
      from: { path: '^src/testing/' },
      to: {
        pathNot: [
          '^src/(core|testing)/',
          'node_modules/(fp-ts|io-ts|fast-check)/',
          '^(node:)?(assert(/strict)?|util|fs|path|module)$',
        ],
      },
    },
    {
      name: 'fast-check-is-optional',
      comment: 'only its types are imported; src/testing/fast-check.ts loads it when it is needed',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: 'node_modules/fast-check/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'src-never-imports-tests',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(tests|examples|bench)/' },
    },
    {
      name: 'nothing-inside-imports-an-entry',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: entries },
    },
    {
      name: 'nats-in-jetstream-only',
      comment: 'the client is an optional peer: nothing else imports it',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/adapters/jetstream/' },
      to: { path: 'node_modules/@nats-io/' },
    },
    {
      name: 'sql-driver-in-postgres-only',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/adapters/postgres/' },
      to: { path: 'node_modules/(kysely|pg|@electric-sql)/' },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
  },
}
