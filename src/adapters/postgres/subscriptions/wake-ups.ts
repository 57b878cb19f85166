import type { WakeUps } from '../../../core/ports/wake-ups'
import { type Notifications, pauseFor } from '../connection/notifications'
import { named } from '../connection/query'
import { namespaceOf } from '../schema/names'

/** Between two notifications, in milliseconds: as many appends as there were meanwhile share the second one. */
const BETWEEN_NOTIFICATIONS = 20
const MAX_CLOSING = 1_000

/** The channel of a schema. Two schemas with the same one wake each other for nothing. */
export const channelOf = (schema: string): string => `reprise_${namespaceOf(schema)}`

/** Of all schemas of a database: see forget_subject in migrations/0001_reprise.sql, which is what notifies. */
export const FORGOTTEN_CHANNEL = 'reprise_forgotten'

/** Sends one notification at a time, and at most one for all that came meanwhile. */
const coalesced = (send: () => Promise<unknown>) => {
  const closing = new AbortController()
  let wanted = false
  let sending: Promise<void> | undefined
  const run = async (): Promise<void> => {
    while (wanted) {
      wanted = false
      await send().catch(() => undefined) // a lost hint: the others look by themselves
      await pauseFor(BETWEEN_NOTIFICATIONS, closing.signal)
    }
    sending = undefined
  }
  return {
    request: (): void => {
      wanted = true
      sending ??= run()
    },
    /** What was requested is still sent. */
    close: async (): Promise<void> => {
      closing.abort()
      await Promise.race([sending, pauseFor(MAX_CLOSING)])
    },
  }
}

/** {@link WakeUps} that can be closed. */
export interface ClosableWakeUps extends WakeUps {
  readonly isListening: () => boolean
  /** Sends what is still to be sent, and listens no more. Never fails. */
  readonly close: () => Promise<void>
}

/**
 * Hints by `LISTEN` and `NOTIFY`, and at once within this process. Notifications are sent outside of the append: inside
 * it they would make all appends of the database wait for each other.
 *
 * @param notify - sends a statement. Omitted: other processes receive nothing from this one.
 */
export const postgresWakeUps = (
  schema: string,
  notifications: Notifications,
  notify: ((statement: string) => Promise<unknown>) | undefined,
): ClosableWakeUps => {
  const channel = channelOf(schema)
  const others =
    notify === undefined ? undefined : coalesced(() => notify(named('notify', `notify ${channel}`)))
  const stops = new Set<() => void>()
  let closed = false
  return {
    signal: () => {
      notifications.wake(channel)
      if (!closed) others?.request()
    },
    listen: (wake) => {
      if (closed) return () => undefined
      const stop = notifications.listen(channel, wake)
      stops.add(stop)
      return () => {
        stops.delete(stop)
        stop()
      }
    },
    isListening: () => !closed && notifications.isListening(channel),
    close: async () => {
      closed = true
      for (const stop of stops) stop()
      stops.clear()
      await Promise.all([others?.close(), notifications.ended()])
    },
  }
}
