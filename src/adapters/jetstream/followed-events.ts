import * as E from 'fp-ts/Either'
import { storeFailed, type StoreFailed } from '../../core/errors/store'
import type { Lag, PartitionStatus } from '../../core/operator/status'
import { partitionOf } from '../../core/partition'
import type { EventSource } from '../../core/ports/event-source'
import type { Operator } from '../../core/ports/operator'

/** How many events that are behind are counted, for an operator. */
export const COUNTED = 1_000

/** How far a partition is behind: only the source knows that. */
export const lagOf = async (
  store: EventSource,
  { position, categories, types, tags, partition, partitions }: Omit<PartitionStatus, 'lag'>,
  countUpTo = COUNTED,
): Promise<E.Either<StoreFailed, Lag>> => {
  const page = await store.readAll({
    after: position,
    limit: countUpTo + 1,
    ...(categories === undefined ? {} : { categories }),
    ...(types === undefined ? {} : { types }),
    ...(tags === undefined ? {} : { tags }),
  })()
  if (E.isLeft(page)) {
    return E.left(
      page.left._tag === 'StoreFailed'
        ? page.left
        : storeFailed('Unexpected', 'nothingWritten', page.left),
    )
  }
  const { events } = page.right
  const own = events.filter(({ streamId }) => partitionOf(streamId, partitions) === partition)
  const [first] = own
  const seconds = first === undefined ? 0 : Math.max(0, Date.now() - first.recordedAt) / 1_000
  return E.right({
    events: Math.min(own.length, countUpTo),
    orMore: events.length > countUpTo,
    seconds,
  })
}

/** How far a source can be read: everything that is acknowledged, at once. */
export const horizonOf =
  (store: EventSource): Operator['horizon'] =>
  () =>
  async () => {
    const end = await store.readAll({ after: Number.MAX_SAFE_INTEGER, limit: 1 })()
    if (E.isRight(end)) {
      const { highest } = end.right
      return E.right({ horizon: highest, last: highest, holders: [] })
    }
    return E.left(
      end.left._tag === 'StoreFailed'
        ? end.left
        : storeFailed('Unexpected', 'nothingWritten', end.left),
    )
  }
