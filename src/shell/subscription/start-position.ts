import * as E from 'fp-ts/Either'
import type { StoreFailed } from '../../core/errors/store'
import type { SubscriptionStart } from '../../core/subscription-start'
import type { Position } from '../../core/stream'
import { neverInvalid } from '../../core/ports/never-invalid'
import type { EventSource } from '../../core/ports/event-source'

const PAGE = 1_000

/** Scans the store from its start: for stores that cannot find a start position by themselves. */
const search = async (
  store: EventSource,
  isFound: (recordedAt: number) => boolean,
): Promise<E.Either<StoreFailed, Position>> => {
  let after = 0
  for (;;) {
    const page = await neverInvalid(store.readAll({ after, limit: PAGE }))()
    if (E.isLeft(page)) return page
    const found = page.right.events.find(({ recordedAt }) => isFound(recordedAt))
    if (found !== undefined) return E.right(found.position - 1)
    after = page.right.upTo
    if (!page.right.more) return E.right(after)
  }
}

/** The position after which a subscription that begins at `start` reads. */
export const startPosition = async (
  store: EventSource,
  start: SubscriptionStart,
): Promise<E.Either<StoreFailed, Position>> => {
  if (store.locate !== undefined) return store.locate(start)()
  switch (start._tag) {
    case 'Start':
      return E.right(0)
    case 'After':
      return E.right(start.position)
    case 'End':
      return search(store, () => false)
    case 'Since':
      return search(store, (recordedAt) => recordedAt >= start.time)
  }
}
