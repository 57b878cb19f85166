import { Client } from 'pg'

/** A PostgreSQL server of a test's own, that can stand still: it takes connections, and answers nothing. */
export interface FreezableServer {
  readonly url: string
  readonly freeze: () => Promise<void>
  readonly thaw: () => void
  readonly stop: () => Promise<void>
}

export const freezableServer = async (): Promise<FreezableServer> => {
  const { startPostgres } = await import('../../scripts/embedded-postgres.mjs')
  const { stop, url } = await startPostgres({ name: 'frozen', settings: ['fsync=off'] })
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
      await stop()
    },
  }
}
