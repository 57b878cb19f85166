import * as E from 'fp-ts/Either'
import type { Backend, NamedSource } from '../../core/ports/backend'
import type { BoundaryStore } from '../../core/ports/boundary-store'
import type { EventSource } from '../../core/ports/event-source'
import type { EventStore } from '../../core/ports/event-store'
import type { ShardPart } from '../../core/ports/shard'
import { FIRST_EPOCH } from '../../core/slots'
import type { StreamId } from '../../core/stream'
import type { KnownMap } from './in-force'
import { misplaced } from './placement'
import { otherMap } from './slot-maps'
import { sourceName } from './source-name'
import type { ShardStore } from './store'

/** A backend that can be one of several shards: `postgres(db)`, `memory()`. */
export interface ShardBackend<Transaction> extends Backend<Transaction> {
  readonly store: EventStore & BoundaryStore
  readonly asShard: ShardPart<ShardStore>
}

const belongs = (shard: number, shardOf: (streamId: StreamId) => number) =>
  E.tryCatchK((streamId: StreamId) => shardOf(streamId) === shard, misplaced)

/**
 * What followers of one shard read: its own events. What is left over there of slots that have moved elsewhere is passed
 * by; a shard that the map does not name yet gives nothing.
 */
const readAllOf =
  (
    readAll: EventSource['readAll'],
    shard: number,
    maps: KnownMap<ShardStore>,
  ): EventSource['readAll'] =>
  (range) =>
  async () => {
    const inForce = await maps.recent()
    if (E.isLeft(inForce)) return inForce
    const { map, locations } = inForce.right
    if (shard >= map.shards) {
      return E.left(otherMap(`${sourceName(shard)} is none of the ${map.shards} shards yet`))
    }
    const page = await readAll(range)()
    if (E.isLeft(page) || map.epoch === FIRST_EPOCH) return page
    const isOwn = belongs(shard, locations.shardOf)
    const events = []
    for (const event of page.right.events) {
      const own = isOwn(event.streamId)
      if (E.isLeft(own)) return own
      if (own.right) events.push(event)
    }
    return E.right({ ...page.right, events })
  }

/** A shard as a source. */
export const sourceOfShard = <Transaction>(
  {
    store,
    subscriptions,
    documents,
    outbox,
    subjectKeys,
    operator,
    wakeUps,
  }: ShardBackend<Transaction>,
  shard: number,
  maps: KnownMap<ShardStore>,
): NamedSource<Transaction> => ({
  source: sourceName(shard),
  store: {
    read: store.read,
    readAll: readAllOf(store.readAll, shard, maps),
    ...(store.locate === undefined ? {} : { locate: store.locate }),
  },
  subscriptions,
  documents,
  outbox,
  subjectKeys,
  operator,
  wakeUps,
})
