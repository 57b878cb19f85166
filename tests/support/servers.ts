import {
  appendFileSync,
  chownSync,
  cpSync,
  mkdtempSync,
  readFileSync,
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
  /** Ends it with SIGKILL, and waits until it takes no connection. */
  readonly kill: () => Promise<void>
  /** Stops it as `pg_ctl stop` does, and keeps its data. */
  readonly pause: () => Promise<void>
  /** Starts it again, and waits until it takes connections. */
  readonly resume: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** A server, and replicas that follow it. */
export interface ReplicatedServer {
  readonly primary: TestServer
  readonly replica: TestServer
  /** All of them, `replica` first. */
  readonly replicas: ReadonlyArray<TestServer>
  /** Lets a replica follow another server; `undefined`: none. */
  readonly follow: (replica: TestServer, other: TestServer | undefined) => Promise<void>
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
  let killed = false
  const start = async (): Promise<void> => {
    // A replica never says that it is "ready to accept connections", but that they are read-only.
    server.start().catch(() => undefined)
    await until(() =>
      onServer(url, 'select 1').then(
        () => true,
        () => undefined,
      ),
    )
  }
  return {
    port,
    url,
    initialise: () => server.initialise(),
    start,
    pause: () => server.stop(),
    resume: start,
    kill: async (): Promise<void> => {
      killed = true
      const [pid] = readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n')
      process.kill(Number(pid), 'SIGKILL')
      await until(() =>
        onServer(url, 'select 1').then(
          () => undefined,
          () => true,
        ),
      )
    },
    stop: async (): Promise<void> => {
      if (!killed) await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
type Prepared = Awaited<ReturnType<typeof prepare>>

const folderFor = (name: string): string => mkdtempSync(join(tmpdir(), `reprise-${name}-`))

/** Starts a server of its own. */
export const startServer = async (...settings: ReadonlyArray<string>): Promise<TestServer> => {
  const server = await prepare(folderFor('server'), settings)
  await server.initialise()
  await server.start()
  return server
}

/** The owner of a folder becomes the owner of everything in another one. */
const handOver = (path: string, owner: string): void => {
  const { uid, gid } = statSync(owner)
  chownSync(path, uid, gid)
  if (!statSync(path).isDirectory()) return
  for (const entry of readdirSync(path)) handOver(join(path, entry), owner)
}

const followed = (server: TestServer | undefined): string => {
  const port = server === undefined ? '' : new URL(server.url).port
  return port === '' ? '' : `host=127.0.0.1 port=${port} user=postgres password=${PASSWORD}`
}

/** A copy of a data folder from before its first start, as a hot standby of it. */
const prepareReplica = async (original: string, primary: Prepared): Promise<Prepared> => {
  const copy = folderFor('replica')
  cpSync(original, copy, { recursive: true })
  writeFileSync(join(copy, 'standby.signal'), '')
  // Not on the command line: it changes when the replica follows another server.
  appendFileSync(join(copy, 'postgresql.auto.conf'), `primary_conninfo = '${followed(primary)}'\n`)
  handOver(copy, original)
  return prepare(copy, ['hot_standby=on', 'wal_retrieve_retry_interval=100ms', ...REPLICATED])
}

const REPLICATED = ['wal_level=replica', 'wal_keep_size=1GB', 'max_connections=300']

/** Starts a server and hot standbys of it. */
export const startReplicated = async (
  replicas = 1,
  ...settings: ReadonlyArray<string>
): Promise<ReplicatedServer> => {
  const original = folderFor('primary')
  const primary = await prepare(original, [...REPLICATED, ...settings])
  await primary.initialise()
  const prepared: Prepared[] = []
  for (let n = 0; n < replicas; n++) prepared.push(await prepareReplica(original, primary))
  await primary.start()
  await Promise.all(prepared.map((replica) => replica.start()))
  const [replica = primary] = prepared
  return {
    primary,
    replica,
    replicas: prepared,
    follow: async ({ url }, other) => {
      await onServer(url, `alter system set primary_conninfo = '${followed(other)}'`)
      await onServer(url, 'select pg_reload_conf()')
    },
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
      await Promise.all(prepared.map((server) => server.stop()))
      await primary.stop()
    },
  }
}

/** The servers' addresses in one connection string. */
export const across = (servers: ReadonlyArray<TestServer>): string => {
  const hosts = servers.map(({ url }) => new URL(url).host).join(',')
  return `postgres://postgres:${PASSWORD}@${hosts}/postgres?target_session_attrs=read-write`
}

/** The standby that has received most: with `ANY 1` every acknowledged commit is on it. */
export const mostAdvanced = async (replicas: ReadonlyArray<TestServer>): Promise<TestServer> => {
  const received = await Promise.all(
    replicas.map(async (server) => {
      const [row] = await onServer<{ bytes: number }>(
        server.url,
        `select (pg_last_wal_receive_lsn() - '0/0')::double precision as bytes`,
      )
      return { server, bytes: row?.bytes ?? 0 }
    }),
  )
  const [first] = received.sort((one, other) => other.bytes - one.bytes)
  if (first === undefined) throw new Error('there is no standby')
  return first.server
}
