import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../../core/errors/store'
import {
  type ArchivedStream,
  archivingProblem,
  type NotArchived,
  notClosed,
} from '../../core/operator/archiving'
import type { Operator } from '../../core/ports/operator'
import type { StreamId } from '../../core/stream'
import { forgetOnAll, type OperatedShard } from './forgetting'
import { type InForce, type KnownMap, slotMoving } from './in-force'
import { misplaced } from './placement'
import type { ShardStore } from './store'

/** What an operator does with a stream, or a subject, on whichever shards that is. */
export type ShardedOperator = Pick<
  Operator,
  'closeStream' | 'truncateStream' | 'archive' | 'erase' | 'forgetSubject'
>

interface Failed {
  readonly _tag: string
}

type Answers<Failure, Value> = ReadonlyArray<E.Either<Failure, Value>>

/** The shard of a stream that is not being moved. */
const ownerOf = (
  { locations }: InForce<ShardStore>,
  streamId: StreamId,
): E.Either<StoreFailed, number> => {
  const placed = E.tryCatch(
    () => ({ shard: locations.shardOf(streamId), isMoving: locations.isMoving(streamId) }),
    misplaced,
  )
  if (E.isLeft(placed)) return placed
  return placed.right.isMoving ? E.left(slotMoving(streamId)) : E.right(placed.right.shard)
}

/** The failure of a store among some answers, or else the first answer that is none. */
const summed = <Failure extends Failed, Value>(
  first: E.Either<Failure, Value>,
  others: Answers<Failure, Value>,
): E.Either<Failure, Value> => {
  const all = [first, ...others]
  const failed = all.find((answer) => E.isLeft(answer) && answer.left._tag === 'StoreFailed')
  return failed ?? all.find((answer) => E.isRight(answer)) ?? first
}

/** Sends what concerns a stream to its shard, and what concerns a subject to all of them. */
export const shardedOperator = (
  shards: readonly [OperatedShard, ...ReadonlyArray<OperatedShard>],
  maps: KnownMap<ShardStore>,
): ShardedOperator => {
  const operators = shards.map(({ operator }) => operator)
  const on = (shard: number): Operator => (shards[shard] ?? shards[0]).operator

  /**
   * Does something by the map that is in force, and again if that was another one in the end: what it was done to may
   * have moved meanwhile. All of it is safe to repeat.
   */
  const settled = async <Failure extends Failed, Value>(
    work: (inForce: InForce<ShardStore>) => Promise<E.Either<Failure, Value>>,
  ): Promise<E.Either<Failure | StoreFailed, Value>> => {
    for (;;) {
      const before = await maps.refresh()
      if (E.isLeft(before)) return before
      let epoch = 0
      const answer = await maps.insisting((inForce) => {
        epoch = inForce.map.epoch
        return work(inForce)
      })
      if (E.isLeft(answer)) return answer
      const after = await maps.refresh()
      if (E.isLeft(after)) return E.left({ ...after.left, outcome: 'unknown' })
      if (after.right.map.epoch === epoch) return answer
    }
  }

  const onOwner =
    <Failure extends Failed, Value>(
      streamId: StreamId,
      work: (owner: Operator, others: ReadonlyArray<Operator>) => Promise<E.Either<Failure, Value>>,
    ): TaskEither<Failure | StoreFailed, Value> =>
    () =>
      settled((inForce): Promise<E.Either<Failure | StoreFailed, Value>> => {
        const owner = ownerOf(inForce, streamId)
        if (E.isLeft(owner)) return Promise.resolve(owner)
        const others = operators
          .slice(0, inForce.map.shards)
          .filter((one) => one !== on(owner.right))
        return work(on(owner.right), others)
      })

  return {
    closeStream: (closing) => onOwner(closing.streamId, (owner) => owner.closeStream(closing)()),
    truncateStream: (truncating) =>
      onOwner(truncating.streamId, (owner) => owner.truncateStream(truncating)()),
    // A split may have left events of it on another shard.
    erase: (erasing) =>
      onOwner(erasing.streamId, async (owner, others) => {
        const erased = await owner.erase(erasing)()
        if (E.isLeft(erased)) return erased
        return summed(erased, await Promise.all(others.map((other) => other.erase(erasing)())))
      }),
    archive: (archiving) => () => {
      const problem = archivingProblem(archiving)
      if (problem !== undefined) return Promise.resolve(E.left(problem))
      return settled(async (inForce) => {
        const byShard = new Map<number, StreamId[]>()
        for (const streamId of archiving.streams) {
          const owner = ownerOf(inForce, streamId)
          if (E.isLeft(owner)) return owner
          byShard.set(owner.right, [...(byShard.get(owner.right) ?? []), streamId])
        }
        const found = new Map<StreamId, E.Either<NotArchived, ArchivedStream>>()
        for (const [shard, streams] of byShard) {
          const answers = await on(shard).archive({ ...archiving, streams })()
          if (E.isLeft(answers)) return answers
          for (const [index, answer] of answers.right.entries()) {
            found.set(streams[index] ?? '', answer)
          }
        }
        return E.right(archiving.streams.map((id) => found.get(id) ?? E.left(notClosed(id))))
      })
    },
    // Each shard has a key of its own for the subject, or none.
    forgetSubject: (forgetting) => () =>
      settled(({ map }) => forgetOnAll(shards.slice(0, map.shards), forgetting)()),
  }
}
