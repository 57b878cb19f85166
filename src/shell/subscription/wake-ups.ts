import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { EventStore } from '../../core/ports/event-store'
import type { WakeUps } from '../../core/ports/wake-ups'

/** Hints within this process. */
export const localWakeUps = (): WakeUps => {
  const listeners = new Set<() => void>()
  return {
    signal: () => {
      for (const wake of listeners) wake()
    },
    listen: (wake) => {
      const listener = (): void => wake()
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

/** The same store, which hints at every append that was stored. */
export const signalling =
  (wakeUps: Pick<WakeUps, 'signal'>) =>
  <Store extends Pick<EventStore, 'append'>>(store: Store): Store => ({
    ...store,
    append: (request) =>
      pipe(
        store.append(request),
        TE.map((appended) => {
          wakeUps.signal()
          return appended
        }),
      ),
  })
