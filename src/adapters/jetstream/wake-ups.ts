import type { NatsConnection } from '@nats-io/nats-core'
import { localWakeUps, type WakeUps } from '../../core/ports/wake-ups'
import { setTimeout } from '../../platform/node'

/** Hints of many appends become one within this time, in milliseconds. */
const TOGETHER = 20

/** Hints over the connection: a message that is not stored, on a subject of the partition. Getting lost is no harm. */
export const connectionWakeUps = (connection: NatsConnection, subject: string): WakeUps => {
  const local = localWakeUps()
  let isWaiting = false
  const publish = (): void => {
    isWaiting = false
    try {
      connection.publish(subject)
    } catch {
      // The connection is closed: whoever waits polls.
    }
  }
  return {
    signal: () => {
      local.signal()
      if (isWaiting) return
      isWaiting = true
      setTimeout(publish, TOGETHER)
    },
    listen: (wake) => {
      const stop = local.listen(wake)
      try {
        const subscription = connection.subscribe(subject, { callback: () => wake() })
        return () => {
          stop()
          if (!subscription.isClosed()) subscription.unsubscribe()
        }
      } catch {
        return stop
      }
    },
    isListening: () => !connection.isClosed(),
  }
}
