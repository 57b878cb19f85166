import * as E from 'fp-ts/Either'
import type { ReadPageError } from '../core/errors/unions'
import type { StreamStore } from '../core/ports/event-store'
import type { StoredEvent } from '../core/recorded-event'
import type { StreamId, StreamVersion } from '../core/stream'

const PAGE = 200

/** The versions after `after`, up to and including `at`. */
interface Versions {
  readonly after: StreamVersion
  readonly at: StreamVersion
}

/** The events of a stream, page by page: at least one page, ended by a failure if there is one. */
export async function* pagesOf(
  store: Pick<StreamStore, 'read'>,
  streamId: StreamId,
  { after, at }: Versions,
): AsyncGenerator<E.Either<ReadPageError, ReadonlyArray<StoredEvent>>> {
  let last = after
  let more = true
  while (more) {
    const page = await store.read(streamId, { after: last, upTo: at, limit: PAGE })()
    if (E.isLeft(page)) {
      yield page
      return
    }
    const { events } = page.right
    yield E.right(events)
    last = events.at(-1)?.version ?? last
    more = page.right.more
  }
}
