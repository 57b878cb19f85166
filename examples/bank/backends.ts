import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { Pool } from 'pg'
import { memory, sharded } from 'reprise/memory'
import { postgres } from 'reprise/postgres'
import { bankOn, type Database, onlySource } from './database'
import { value } from './value'

/** Where the embedded databases are, below the current directory. One run at a time may use them. */
const FOLDER = '.reprise'

/** A PostgreSQL, and how to end what was opened for it. */
interface Server {
  readonly handle: PGlite | Pool
  readonly place: string
  readonly end: () => Promise<void>
}

const serverAt = (url: string): Server => {
  const pool = new Pool({ connectionString: url })
  return { handle: pool, place: `PostgreSQL at ${new URL(url).host}`, end: () => pool.end() }
}

/**
 * An embedded server. A new one is created beside its final place and moved there when it is complete, so that a run
 * that is killed while creating it leaves nothing that could break the next one.
 */
const embedded = async (name: string): Promise<Server> => {
  const folder = join(FOLDER, name)
  if (!existsSync(folder)) {
    const unfinished = `${folder}.new`
    rmSync(unfinished, { recursive: true, force: true })
    mkdirSync(unfinished, { recursive: true })
    const made = await PGlite.create(unfinished)
    await made.close()
    renameSync(unfinished, folder)
  }
  const pglite = await PGlite.create(folder)
  return {
    handle: pglite,
    place: `embedded PostgreSQL in ${folder}`,
    end: () => pglite.close(),
  }
}

const setting = (name: string, standard: string): string => process.env[name] ?? standard

/** The server of DATABASE_URL, or an embedded one. */
const serverFor = (name: string): Promise<Server> => {
  const url = setting('DATABASE_URL', '')
  return url === '' ? embedded(name) : Promise.resolve(serverAt(url))
}

const onPostgres = async (): Promise<Database> => {
  const { handle, place, end } = await serverFor('bank')
  const backend = postgres(handle)
  return bankOn(onlySource(backend), { place, boundaries: backend, end })
}

/** All of a run is on one shard, and so is its money: accounts, transfers and workshops end with its number. */
const runOf = (name: string): string => /-(\d+)$/.exec(name)?.[1] ?? name

const onShards = async (): Promise<Database> => {
  const urls = setting('SHARD_URLS', '').split(',').filter(Boolean)
  const servers =
    urls.length > 0
      ? urls.map(serverAt)
      : [await embedded('bank-shard-0'), await embedded('bank-shard-1')]
  const [first, ...others] = servers.map(({ handle }) => postgres(handle))
  if (first === undefined) throw new Error('there is no shard')
  const backend = sharded([first, ...others], { placement: { stream: runOf, tag: runOf } })
  const sourceOf = async (streamId: string) => value(await backend.sourceOf(streamId)())
  return bankOn(
    { ...backend, sourceOf },
    {
      place: `${servers.length} shards: ${servers[0]?.place ?? ''}, …`,
      boundaries: backend,
      end: async () => {
        await Promise.all(servers.map(({ end }) => end()))
      },
    },
  )
}

/** Loaded only here: who does not use NATS need not install its client. */
const onJetStream = async (): Promise<Database> => {
  const { connect } = await import('@nats-io/transport-node')
  const { jetStream, withReadSide } = await import('reprise/jetstream')
  const servers = setting('NATS_URL', 'nats://127.0.0.1:4222').split(',')
  const connection = await connect({
    servers,
    ...(process.env['NATS_USER'] === undefined
      ? {}
      : { user: setting('NATS_USER', ''), pass: setting('NATS_PASSWORD', '') }),
    pingInterval: 2_000,
    maxReconnectAttempts: -1,
  })
  const { handle, place, end } = await serverFor('bank-lists')
  const replicas = Number(setting('REPLICAS', '3'))
  const events = jetStream(connection, { name: 'bank', replicas })
  const backend = withReadSide(events, (schema) =>
    postgres(handle, { schema, operator: { events: 'elsewhere' } }),
  )
  return bankOn(
    { ...backend, sourceOf: (streamId) => Promise.resolve(backend.sourceOf(streamId)) },
    {
      place: `JetStream, with lists in ${place}`,
      end: async () => {
        await end()
        await connection.close()
      },
    },
  )
}

// The memory of this process: it is still there when the bank is closed and opened again.
const inMemory = memory()

const onMemory = (): Promise<Database> =>
  bankOn(onlySource(inMemory), {
    place: 'the memory of this process',
    boundaries: inMemory,
    end: () => Promise.resolve(),
  })

const BACKENDS: Readonly<Record<string, () => Promise<Database>>> = {
  postgres: onPostgres,
  shards: onShards,
  jetstream: onJetStream,
  memory: onMemory,
}

/** Opens the database that REPRISE_BACKEND names: `postgres` (the default), `shards`, `jetstream` or `memory`. */
export const openDatabase = (): Promise<Database> => {
  const name = setting('REPRISE_BACKEND', 'postgres')
  const open = Object.hasOwn(BACKENDS, name) ? BACKENDS[name] : undefined
  if (open === undefined) {
    const names = Object.keys(BACKENDS).join(', ')
    throw new Error(`REPRISE_BACKEND is ${name}, and can be one of ${names}`)
  }
  return open()
}
