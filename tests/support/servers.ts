import {
  chownSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { until } from './until'

/** A PostgreSQL server of a test's own, that it may break. */
export interface TestServer {
  readonly url: string
  readonly stop: () => Promise<void>
}

/** A server, and a replica that follows it. */
export interface ReplicatedServer {
  readonly primary: TestServer
  readonly replica: TestServer
  /** Waits until the replica has all that the primary has now. */
  readonly caughtUp: () => Promise<void>
  /** The replica becomes a primary. */
  readonly promote: () => Promise<void>
  readonly stop: () => Promise<void>
}

const PASSWORD = 'reprise'

/** Runs one statement on a connection of its own. */
export const onServer = async <Row extends object>(
  url: string,
  statement: string,
): Promise<Row[]> => {
  const client = new Client({ connectionString: url })
  client.on('error', () => undefined) // the server may be about to end it
  await client.connect()
  try {
    return (await client.query<Row>(statement)).rows
  } finally {
    await client.end()
  }
}

/** A server whose data folder is made, and that is not started yet. */
const prepare = async (folder: string, settings: ReadonlyArray<string>) => {
  const { preparePostgres } = await import('../../scripts/embedded-postgres.mjs')
  const { server, port, url } = await preparePostgres({
    name: 'server',
    databaseDir: folder,
    persistent: true,
    settings: ['fsync=off', ...settings],
  })
  return {
    port,
    url,
    initialise: () => server.initialise(),
    start: async (): Promise<void> => {
      // A replica never says that it is "ready to accept connections", but that they are read-only.
      server.start().catch(() => undefined)
      await until(() =>
        onServer(url, 'select 1').then(
          () => true,
          () => undefined,
        ),
      )
    },
    stop: async (): Promise<void> => {
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const folderFor = (name: string): string => mkdtempSync(join(tmpdir(), `reprise-${name}-`))

/** Starts a server of its own. */
export const startServer = async (...settings: ReadonlyArray<string>): Promise<TestServer> => {
  const server = await prepare(folderFor('server'), settings)
  await server.initialise()
  await server.start()
  return { url: server.url, stop: server.stop }
}

/** The owner of a folder becomes the owner of everything in another one. */
const handOver = (path: string, owner: string): void => {
  const { uid, gid } = statSync(owner)
  chownSync(path, uid, gid)
  if (!statSync(path).isDirectory()) return
  for (const entry of readdirSync(path)) handOver(join(path, entry), owner)
}

/** Starts a server and a hot standby of it: a copy of its data folder from before its first start. */
export const startReplicated = async (): Promise<ReplicatedServer> => {
  const [original, copy] = [folderFor('primary'), folderFor('replica')]
  const primary = await prepare(original, ['wal_level=replica', 'wal_keep_size=1GB'])
  await primary.initialise()
  cpSync(original, copy, { recursive: true })
  writeFileSync(join(copy, 'standby.signal'), '')
  handOver(copy, original)
  const conninfo = `host=127.0.0.1 port=${primary.port} user=postgres password=${PASSWORD}`
  const replica = await prepare(copy, [`primary_conninfo=${conninfo}`, 'hot_standby=on'])
  await primary.start()
  await replica.start()
  return {
    primary,
    replica,
    caughtUp: async () => {
      const [here] = await onServer<{ lsn: string }>(
        primary.url,
        'select pg_current_wal_flush_lsn()::text as lsn',
      )
      await until(async () => {
        const [there] = await onServer<{ done: boolean }>(
          replica.url,
          `select pg_last_wal_replay_lsn() >= '${here?.lsn ?? ''}'::pg_lsn as done`,
        )
        return there?.done === true ? true : undefined
      })
    },
    promote: async () => {
      await onServer(replica.url, 'select pg_promote()')
    },
    stop: async () => {
      await replica.stop()
      await primary.stop()
    },
  }
}
