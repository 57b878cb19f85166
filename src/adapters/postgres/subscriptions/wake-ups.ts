import type { Pool, PoolClient } from 'pg'
import type { WakeUps } from '../../../core/ports/wake-ups'
import { DEFAULT_SCHEMA, namespaceOf } from '../schema/names'

const BETWEEN_NOTIFICATIONS = 20
const BEFORE_RECONNECTING = 1_000

const pauseFor = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref()
  })

/** Sends one notification at a time, and at most one for all that came in the meantime. */
const coalesced = (send: () => Promise<unknown>): (() => void) => {
  let wanted = false
  let sending = false
  const run = async (): Promise<void> => {
    sending = true
    while (wanted) {
      wanted = false
      await send().catch(() => undefined) // a lost hint: the others look by themselves
      await pauseFor(BETWEEN_NOTIFICATIONS)
    }
    sending = false
  }
  return () => {
    wanted = true
    if (!sending) void run()
  }
}

/** Hears until the connection breaks, or it is told to stop. Never fails. */
const hearOn = (
  client: PoolClient,
  channel: string,
  hear: () => void,
  signal: AbortSignal,
): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      signal.removeEventListener('abort', end)
      resolve()
    }
    // They stay for as long as the connection: a broken one may say so more than once.
    client.on('error', end)
    client.on('end', end)
    client.on('notification', hear)
    signal.addEventListener('abort', end)
    // What came before it listened has made no sound here: look once.
    client.query(`listen ${channel}`).then(hear, end)
    if (signal.aborted) end()
  })

const connectTo = async (pool: Pool): Promise<PoolClient | undefined> => {
  try {
    return await pool.connect()
  } catch {
    return undefined // the server is away: later
  }
}

/** Listens on a connection of its own, and takes another one when it breaks. */
const listening = (pool: Pool, channel: string, hear: () => void): (() => void) => {
  const controller = new AbortController()
  const { signal } = controller
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      const client = await connectTo(pool)
      if (client !== undefined) {
        await hearOn(client, channel, hear, signal)
        client.release(true)
      }
      await pauseFor(BEFORE_RECONNECTING)
    }
  }
  void run()
  return () => controller.abort()
}

/**
 * Hints through `LISTEN` and `NOTIFY`, sent outside of the append: within it they would make all appends
 * of the database wait for each other. Takes one connection of the pool while somebody listens, so the pool
 * needs more than one. Stop whoever listens before you end the pool. Behind a pooler in transaction mode
 * nothing is heard, and all is found by looking: leave the wake-ups out there.
 *
 * @example
 * const wakeUps = postgresWakeUps(pool)
 * const store = signalling(wakeUps)(postgresStore(db))
 */
export const postgresWakeUps = (pool: Pool, schema: string = DEFAULT_SCHEMA): WakeUps => {
  const channel = `reprise_${namespaceOf(schema)}`
  const listeners = new Set<() => void>()
  const hear = (): void => {
    for (const wake of listeners) wake()
  }
  const notify = coalesced(() => pool.query(`notify ${channel}`))
  let silence: () => void = () => undefined
  return {
    signal: () => {
      hear() // in this process at once
      notify()
    },
    listen: (wake) => {
      const listener = (): void => wake()
      if (listeners.size === 0) silence = listening(pool, channel, hear)
      listeners.add(listener)
      return () => {
        if (listeners.delete(listener) && listeners.size === 0) silence()
      }
    },
  }
}
