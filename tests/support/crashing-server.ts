import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { until } from './until'

/** A PostgreSQL server of its own, which crashes when it is told to. */
export interface CrashingServer {
  readonly url: string
  /** Ends it as with `pg_ctl stop -m immediate`: nothing is tidied up. Starts it again, and waits for it. */
  readonly crash: () => Promise<void>
  /** Breaks some of the connections to it, each with this probability. Answers how many. */
  readonly terminate: (probability: number) => Promise<number>
  readonly stop: () => Promise<void>
}

const onServer = async <Row extends object>(url: string, statement: string): Promise<Row[]> => {
  const client = new Client({ connectionString: url })
  client.on('error', () => undefined) // the server may be about to end it
  await client.connect()
  try {
    return (await client.query<Row>(statement)).rows
  } finally {
    await client.end()
  }
}

export const startCrashingServer = async (): Promise<CrashingServer> => {
  const { preparePostgres } = await import('../../scripts/embedded-postgres.mjs')
  const folder = mkdtempSync(join(tmpdir(), 'reprise-crashing-'))
  const { server, url } = await preparePostgres({
    name: 'crashing',
    databaseDir: folder,
    persistent: true,
    settings: ['max_connections=200'],
  })
  /** Again and again: right after a crash the old server's memory may still be in use. */
  const start = async (): Promise<void> => {
    await until(
      () =>
        server.start().then(
          () => true,
          () => undefined,
        ),
      60_000,
    )
  }
  const isAlive = (pid: number): boolean => {
    try {
      return process.kill(pid, 0)
    } catch {
      return false
    }
  }
  await server.initialise()
  await start()
  return {
    url,
    crash: async () => {
      const pid = Number(readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n')[0])
      process.kill(pid, 'SIGQUIT')
      await until(async () => (isAlive(pid) ? undefined : true))
      await start()
    },
    terminate: async (probability) => {
      const [row] = await onServer<{ ended: number }>(
        url,
        `select count(*) filter (where pg_terminate_backend(pid))::integer as ended
           from pg_stat_activity
          where backend_type = 'client backend' and pid <> pg_backend_pid()
            and random() < ${probability}`,
      )
      return row?.ended ?? 0
    },
    stop: async () => {
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
