import type { Pool, PoolClient } from 'pg'
import type { WakeUps } from '../../core/ports/wake-ups'
import { DEFAULT_SCHEMA, namespaceOf } from './schema'

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

/** Listens on a connection of its own, and takes another one when it breaks. */
const listening = (pool: Pool, channel: string, hear: () => void): (() => void) => {
  let client: PoolClient | undefined
  let over = false
  const again = (): void => {
    client = undefined
    if (!over) void pauseFor(BEFORE_RECONNECTING).then(() => (over ? undefined : connect()))
  }
  const hearOn = async (connected: PoolClient): Promise<void> => {
    client = connected
    connected.on('notification', hear)
    connected.once('error', (error: Error) => {
      connected.release(error)
      again()
    })
    await connected.query(`listen ${channel}`)
  }
  const connect = async (): Promise<void> => {
    try {
      const connected = await pool.connect()
      if (over) connected.release()
      else await hearOn(connected)
    } catch {
      client?.release(true)
      again()
    }
  }
  void connect()
  return () => {
    over = true
    client?.release(true)
  }
}

/**
 * Hints through `LISTEN` and `NOTIFY`, sent outside of the append: within it they would make all appends
 * of the database wait for each other. Takes one connection of the pool while somebody listens. Not for
 * a pooler in transaction mode: leave the wake-ups out there.
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
