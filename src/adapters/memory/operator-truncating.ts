import * as E from 'fp-ts/Either'
import { streamErased } from '../../core/errors/erased'
import { subscriptionsBehind } from '../../core/errors/operator'
import {
  asBeginning,
  isArchived,
  noSuchVersion,
  truncatingProblem,
  type Truncation,
} from '../../core/operator/truncating'
import type { Operator } from '../../core/ports/operator'
import { frozenEvent } from './frozen'
import { eventsOf } from './log'
import { behind, type MemoryArchiving } from './operator-archiving'
import { addTags, removeTags, tagsAt } from './tag-index'

/** Replacing the beginnings of streams by summaries. `onForgotten`: called when a state in memory may rest on what is gone. */
export const memoryTruncating = (
  { log, state, audit }: MemoryArchiving,
  onForgotten: () => void,
): Pick<Operator, 'truncateStream'> => ({
  truncateStream: (truncating) => {
    const truncate = (): ReturnType<ReturnType<Operator['truncateStream']>> extends Promise<
      infer Answer
    >
      ? Answer
      : never => {
      const problem = truncatingProblem(truncating)
      if (problem !== undefined) return E.left(problem)
      const { streamId, upTo, by, why } = truncating
      if (log.erasures.has(streamId)) return E.left(streamErased(streamId))
      const stream = log.streams.get(streamId)
      if (stream?.archived !== undefined) return E.left(isArchived(streamId))
      if (stream?.truncation?.upTo === upTo) return E.right(stream.truncation)
      const replaced = stream && eventsOf(stream).find(({ version }) => version === upTo)
      if (stream === undefined || replaced === undefined) {
        return E.left(noSuchVersion(streamId, upTo))
      }
      const late = behind(state, streamId, replaced.position)
      if (late.length > 0) return E.left(subscriptionsBehind(streamId, late))

      const { tags = [], ...summary } = frozenEvent(asBeginning(truncating.summary))
      const gone = eventsOf(stream).filter(({ version }) => version <= upTo)
      const hadTags = gone.some(({ position }) => tagsAt(log.tags, position).length > 0)
      for (const { position } of gone) {
        log.events[position - 1] = undefined
        removeTags(log.tags, position)
      }
      const { position, recordedAt } = replaced
      const stored = Object.freeze({ ...summary, streamId, version: upTo, position, recordedAt })
      stream.events.fill(stored, 0, upTo) // what is below `first` is never read
      log.events[position - 1] = stored
      stream.first = upTo
      addTags(log.tags, position, tags)
      for (const tag of tags) log.tags.positions.get(tag)?.sort((left, right) => left - right)
      if (hadTags || tags.length > 0) log.tags.rebuilds += 1
      for (const [schema, { version }] of stream.snapshots) {
        if (version < upTo) stream.snapshots.delete(schema)
      }
      const { at } = audit.add(
        { operator: by, action: 'truncate', subject: streamId, detail: { why, upTo } },
        { outcome: 'done', message: `truncated up to version ${upTo}` },
      )
      const truncation: Truncation = { streamId, truncatedAt: at, by, why, upTo }
      stream.truncation = truncation
      onForgotten()
      return E.right(truncation)
    }
    return () => Promise.resolve(truncate())
  },
})
