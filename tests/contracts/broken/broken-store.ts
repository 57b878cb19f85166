import * as E from 'fp-ts/Either'
import { memory } from '../../../src/adapters/memory/backend'
import type { StorePage } from '../../../src/core/ports/event-source'
import type { EventStore, Loaded, StreamPage } from '../../../src/core/ports/event-store'
import type { StoredEvent } from '../../../src/core/recorded-event'

/** A store with one defect, and the contract tests that must notice it. */
export interface BrokenStore {
  readonly defect: string
  readonly store: () => EventStore
  readonly noticedBy: ReadonlyArray<string>
}

/** A moment in which others run. */
export const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Changes what a store answers, and leaves everything else as it is. */
export const answering = <Name extends keyof EventStore>(
  name: Name,
  change: (store: EventStore) => EventStore[Name],
) => {
  const store = memory().store
  return { ...store, [name]: change(store) }
}

export type Events = ReadonlyArray<StoredEvent>

/** Changes the events in whatever is read. */
export const reading = (change: (events: Events) => Events): EventStore => {
  const store = memory().store
  const within = <Page extends { readonly events: Events }>(page: Page): Page => ({
    ...page,
    events: change(page.events),
  })
  return {
    ...store,
    read: (id, range) => () =>
      store
        .read(id, range)()
        .then(E.map((page: StreamPage) => within(page))),
    load: (request) => () =>
      store
        .load(request)()
        .then(E.map((page: Loaded) => within(page))),
    readAll: (range) => () =>
      store
        .readAll(range)()
        .then(E.map((page: StorePage) => within(page))),
  }
}
