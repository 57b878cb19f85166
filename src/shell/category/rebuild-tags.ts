import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { Category } from '../../core/category'
import { type DeciderThrew, deciderThrew } from '../../core/errors/decision'
import type { InvalidOperation } from '../../core/errors/operator'
import type { StoreFailed } from '../../core/errors/store'
import { isOutage } from '../../core/fault'
import type { EventSource } from '../../core/ports/event-source'
import { neverInvalid } from '../../core/ports/never-invalid'
import type { Operator, TagBatch } from '../../core/ports/operator'
import type { StoredEvent } from '../../core/recorded-event'
import { setting } from '../../core/setting'
import type { Position } from '../../core/stream'
import { isComplete, type TaggedCategory } from '../../core/tagged-category'
import { sortedTags } from '../../core/tags'
import { decodeRecorded, type ReplayError } from '../state/replay'
import { sleep } from '../../platform/node'

/** What a rebuild of tags needs of a category. */
export type TagRules<Event> = Pick<
  Category<never, unknown, Event, unknown>,
  'name' | 'events' | 'tags'
>

/** How the tags of a category are rebuilt. */
export interface RebuildTagsOptions {
  /** Abort it to stop after the batch at hand: another call goes on from there. */
  readonly signal: AbortSignal
  /** `again`: also if they are complete, for their function has changed. Default `unfinished`. */
  readonly which?: 'unfinished' | 'again'
  /** Events in one batch, and in one transaction. 1 to 5,000. Default 500. */
  readonly batchSize?: number
  /** Called after each batch. */
  readonly onProgress?: (reached: Position, target: Position) => void
  /** Called when the store has failed, and the step is tried again. */
  readonly onTrouble?: (error: StoreFailed) => void
}

/** Why the tags of a category could not be rebuilt. What was saved stays. */
export type RebuildTagsError = ReplayError | InvalidOperation

const MOST_EVENTS_PER_BATCH = 5_000

/** How long it waits for what is in the way, in milliseconds. */
const PAUSE = 250

const tagsOf = <Event>(
  category: TagRules<Event>,
  stored: StoredEvent,
): E.Either<ReplayError | DeciderThrew, TagBatch['events']> => {
  const recorded = decodeRecorded(category, stored)
  if (E.isLeft(recorded)) return recorded
  const { streamId, version, position } = stored
  try {
    const id = streamId.slice(category.name.length + 1)
    const tags = sortedTags(category.tags?.(recorded.right.event, id) ?? [])
    return E.right(tags.length === 0 ? [] : [{ position, tags }])
  } catch (cause) {
    return E.left(deciderThrew(streamId, version, 'tags', cause))
  }
}

/**
 * Gives all stored events of a category the tags that its `tags` gives them now: for events that were stored before it
 * had any, or with another function. In batches of their own; appends by a release that declares the tags go on, and
 * those of others are refused from the beginning on. Interrupted, and called again, it goes on where it was. Answers how
 * far it has come; `undefined`: it was stopped before it had begun.
 *
 * Fails with
 * - `UndecodableEvent`, `DeciderThrew`: an event cannot be read, or `tags` threw. What was saved stays.
 * - `InvalidOperation`: the store rejects a tag, or the name of the category.
 * - `StoreFailed`: the store rejected a statement. Outages are waited out.
 */
export const rebuildTags =
  <Event>(
    category: TagRules<Event>,
    { signal, which = 'unfinished', batchSize, onProgress, onTrouble }: RebuildTagsOptions,
  ) =>
  ({
    store,
    operator,
  }: {
    readonly store: Pick<EventSource, 'readAll'>
    readonly operator: Pick<Operator, 'beginTags' | 'saveTags'>
  }): TaskEither<RebuildTagsError, TaggedCategory | undefined> =>
  async () => {
    const limit = setting(batchSize, 500, 1, MOST_EVENTS_PER_BATCH)

    /** `undefined`: it was stopped meanwhile. */
    const insist = async <Failure extends { readonly _tag: string }, Value>(
      step: TaskEither<Failure | StoreFailed, Value>,
    ): Promise<E.Either<Failure | StoreFailed, Value> | undefined> => {
      while (!signal.aborted) {
        const answer = await step()
        if (E.isRight(answer) || !isOutage(answer.left)) return answer
        onTrouble?.(answer.left)
        await sleep(PAUSE)
      }
      return undefined
    }

    const begun = await insist(operator.beginTags(category.name, which))
    if (begun === undefined) return E.right(undefined)
    if (E.isLeft(begun)) return begun
    let current = begun.right
    while (!isComplete(current) && !signal.aborted) {
      const after = current.rebuiltTo
      const range = { after, limit, categories: [category.name] }
      const page = await insist(neverInvalid(store.readAll(range)))
      if (page === undefined) break
      if (E.isLeft(page)) return page
      const { upTo } = page.right
      if (upTo <= after) {
        await sleep(PAUSE) // an open transaction holds the horizon back
        continue
      }
      const events: TagBatch['events'][number][] = []
      for (const stored of page.right.events) {
        const tagged = tagsOf(category, stored)
        if (E.isLeft(tagged)) return tagged
        events.push(...tagged.right)
      }
      const saved = await insist(
        operator.saveTags({ category: category.name, after, upTo, events }),
      )
      if (saved === undefined) break
      if (E.isLeft(saved)) return saved
      current = saved.right
      onProgress?.(current.rebuiltTo, current.completeAfter ?? current.rebuiltTo)
    }
    return E.right(current)
  }
