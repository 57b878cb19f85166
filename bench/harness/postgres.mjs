// One embedded PostgreSQL for the whole run: its defaults (fsync on), and room for connections.
import pg from 'pg'
import { startPostgres as startServer } from '../../scripts/embedded-postgres.mjs'

const SETTINGS = { max_connections: '300', max_wal_size: '4GB' }

/** Starts it, and answers with a way to make databases, to ask, and to stop it. */
export const startPostgres = async () => {
  const { urlOf, stop } = await startServer({
    name: 'bench',
    settings: Object.entries(SETTINGS).map(([key, value]) => `${key}=${value}`),
  })

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
    stop,
  }
}
