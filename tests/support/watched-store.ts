import type { BoundaryStore, EventStore } from 'reprise/adapter'

type Store = EventStore & BoundaryStore

/** The store, and how often it was read and appended to. */
export const counted = (store: Store) => {
  const counts = { loads: 0, reads: 0, appends: 0, locked: 0 }
  const counting: Store = {
    ...store,
    load: (request) => {
      counts.loads += 1
      return store.load(request)
    },
    readMatching: (query, range) => {
      counts.reads += 1
      return store.readMatching(query, range)
    },
    appendTogether: (request) => {
      counts.appends += 1
      return store.appendTogether(request)
    },
    appendLocked: (likely, decide) => {
      counts.locked += 1
      return store.appendLocked(likely, decide)
    },
  }
  return { counts, store: counting }
}

/** The store; before each of the first appends something else is done. */
export const overtaken = (store: Store, times: number, work: () => Promise<unknown>): Store => {
  let left = times
  return {
    ...store,
    appendTogether: (request) => async () => {
      if (left > 0) {
        left -= 1
        await work()
      }
      return store.appendTogether(request)()
    },
  }
}
