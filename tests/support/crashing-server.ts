import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { fillDisk as fill, mountDisk, unmountDisk } from './small-disk'
import { until } from './until'

/** A PostgreSQL server of its own, which crashes when it is told to. */
export interface CrashingServer {
  readonly url: string
  /** Ends it as with `pg_ctl stop -m immediate`: nothing is tidied up. Starts it again, and waits for it. */
  readonly crash: () => Promise<void>
  /** Breaks some of the connections to it, each with this probability. Answers how many. */
  readonly terminate: (probability: number) => Promise<number>
  /**
   * Fills its disk, waits, and makes room again; starts it again if it has ended. Left out: this machine does not let a
   * small disk be mounted.
   */
  readonly fillDisk?: (milliseconds: number) => Promise<void>
  /** The same, and something is done instead of waiting. */
  readonly whileFull?: (work: () => Promise<void>) => Promise<void>
  readonly stop: () => Promise<void>
}

/** The size of a small disk, in megabytes: what `initdb` makes, and a little. */
const DISK = 200

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

/** @param disk - `small`: its data is on a small disk of its own, which can be filled. */
export const startCrashingServer = async (
  disk: 'small' | 'shared' = 'shared',
): Promise<CrashingServer> => {
  const { preparePostgres } = await import('../../scripts/embedded-postgres.mjs')
  const folder = mkdtempSync(join(tmpdir(), 'reprise-crashing-'))
  const isSmall = disk === 'small' && mountDisk(folder, DISK)
  const walSizes = isSmall ? ['max_wal_size=64MB', 'min_wal_size=32MB'] : []
  const { server, url } = await preparePostgres({
    name: 'crashing',
    databaseDir: folder,
    persistent: true,
    settings: ['max_connections=200', ...walSizes],
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
  const processId = (): number =>
    Number(readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n')[0])
  const whileFull = async (work: () => Promise<void>): Promise<void> => {
    const pid = processId()
    const filler = join(folder, 'filler')
    fill(filler)
    try {
      await work()
    } finally {
      rmSync(filler)
    }
    const answers = (): Promise<true | undefined> =>
      onServer(url, 'select 1').then(
        () => true,
        () => undefined,
      )
    // Without room for its log it ends itself, and cannot recover until there is room.
    await until(async () => {
      if (!isAlive(pid)) await start()
      return answers()
    }, 60_000)
  }
  const fillDisk = (milliseconds: number): Promise<void> =>
    whileFull(() => new Promise((resolve) => void setTimeout(resolve, milliseconds)))
  return {
    url,
    ...(isSmall ? { fillDisk, whileFull } : {}),
    crash: async () => {
      const pid = processId()
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
      if (isSmall) unmountDisk(folder)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
