import type { PGlite } from '@electric-sql/pglite'
import type { Client, Pool } from 'pg'
import { betweenTransactions } from './pglite'

/** A connection that listens to channels. */
export interface ListeningConnection {
  readonly listen: (channel: string) => Promise<unknown>
  readonly unlisten: (channel: string) => Promise<unknown>
  readonly close: () => Promise<unknown>
}

/** What is called back. */
export interface ListeningEvents {
  readonly onNotification: (channel: string) => void
  /** The connection is broken. May be called more than once. */
  readonly onLost: () => void
}

/** Opens a connection that listens. Rejects when none can be had. */
export type OpenListening = (events: ListeningEvents) => Promise<ListeningConnection>

/** A client without a connection, that nothing else uses. */
export type MakeClient = () => Client

/** A driver's client has it, and its types have not. */
const unref = (client: Client & { readonly unref?: () => void }): void => client.unref?.()

/** Listens on a client of its own, which keeps no process alive: what waits for its notifications does. */
export const listenOnClient =
  (make: MakeClient): OpenListening =>
  async ({ onNotification, onLost }) => {
    const client = make()
    // They stay for as long as the connection: a broken one may say so more than once.
    client.on('error', onLost)
    client.on('end', onLost)
    client.on('notification', ({ channel }) => onNotification(channel))
    unref(client)
    await client.connect()
    unref(client) // TLS has put another socket in the place of the first
    // A client takes one statement at a time.
    let last: Promise<unknown> = Promise.resolve()
    const say = (statement: string): Promise<unknown> => {
      last = last.then(() => client.query(statement))
      return last
    }
    return {
      listen: (channel) => say(`listen ${channel}`),
      unlisten: (channel) => say(`unlisten ${channel}`),
      close: () => client.end(),
    }
  }

/** What a `pg.Pool` makes its clients of: there, but not in its types. */
interface ClientSource {
  readonly Client?: new (options: object) => Client
}

/**
 * How to make a client like those of the pool, beside it. The options are those at that moment: a password may have
 * changed. `undefined`: this pool does not show what it makes them of.
 */
export const clientLike = (pool: Pool): MakeClient | undefined => {
  const { Client: make }: ClientSource = pool as Pool & ClientSource
  if (make === undefined) return undefined
  return () => {
    const { keepAlive = true, connectionTimeoutMillis = 10_000 } = pool.options
    // The pool hides its password from enumeration.
    const options = Object.defineProperties({}, Object.getOwnPropertyDescriptors(pool.options))
    return new make(Object.assign(options, { keepAlive, connectionTimeoutMillis }))
  }
}

/** Listens on the one connection of an embedded database: between transactions, or LISTEN would share their fate. */
export const listenOnPglite =
  (pglite: PGlite): OpenListening =>
  ({ onNotification }) => {
    const stops = new Map<string, () => Promise<void>>()
    const unlisten = async (channel: string): Promise<void> => {
      const stop = stops.get(channel)
      stops.delete(channel)
      if (stop !== undefined) await betweenTransactions(pglite, stop)
    }
    return Promise.resolve({
      listen: async (channel) => {
        const listen = () => pglite.listen(channel, () => onNotification(channel))
        stops.set(channel, await betweenTransactions(pglite, listen))
      },
      unlisten,
      close: () => Promise.all([...stops.keys()].map(unlisten)),
    })
  }
