import { type InvalidOperation, invalidOperation } from './errors/operator'
import { type StoreFailed, storeFailed } from './errors/store'
import type { TagBatch } from './ports/operator'
import { type Position, streamIdError } from './stream'
import { tagsProblem } from './tags'

/** How far the tags of a category's events can be relied on. */
export interface TaggedCategory {
  readonly category: string
  /**
   * Every later event was appended by a writer that declares the tags. `undefined`: not known, for there were events
   * before the first such writer, and no rebuild has begun.
   */
  readonly completeAfter: Position | undefined
  /** Up to here a rebuild has tagged what was stored. */
  readonly rebuiltTo: Position
  /** Whether the store refuses writers that do not declare the tags. */
  readonly enforced: boolean
}

/** Whether all of its events have their tags. */
export const isComplete = ({ completeAfter, rebuiltTo }: TaggedCategory): boolean =>
  completeAfter !== undefined && rebuiltTo >= completeAfter

export const TAGS_INCOMPLETE =
  'what reads by tags could miss events. Run `npx reprise tags rebuild <module>` with the module that exports the category'

export const TAGS_NOT_DECLARED =
  'append with the release whose category has `tags`, or give every event its `tags`, be it an empty list'

/** Why what rests on tags is refused: some of these categories are not complete. */
export const tagsIncomplete = (
  categories: ReadonlyArray<TaggedCategory>,
): StoreFailed | undefined => {
  const names = categories.filter((one) => !isComplete(one)).map(({ category }) => category)
  const cause = new Error(`the tags of ${names.toSorted().join(', ')} are not complete`)
  return names.length === 0
    ? undefined
    : storeFailed('TagsIncomplete', 'nothingWritten', cause, TAGS_INCOMPLETE)
}

/** The answer to a writer that does not declare the tags of a category. */
export const tagsNotDeclared = (category: string): StoreFailed =>
  storeFailed(
    'TagsNotDeclared',
    'nothingWritten',
    new Error(`the category ${category} has tags, and this writer does not declare them`),
    TAGS_NOT_DECLARED,
  )

/** Why a text is no name of a category, or `undefined`. */
export const taggableProblem = (category: string): string | undefined =>
  category.includes('-') || streamIdError(`${category}-1`) !== undefined
    ? 'is not the name of a category'
    : undefined

/** No rebuild of its tags was begun. */
export const notTagged = (category: string): InvalidOperation =>
  invalidOperation('category', `${category} has no rebuild of its tags that was begun`)

/** Why a store must reject a batch of tags before it does anything, or `undefined`. */
export const tagBatchProblem = ({
  after,
  upTo,
  events,
}: TagBatch): InvalidOperation | undefined => {
  if (!Number.isSafeInteger(upTo) || upTo <= after) {
    return invalidOperation('batch', `must end after ${after}, and not at ${upTo}`)
  }
  for (const { position, tags } of events) {
    const problem = tagsProblem(tags)
    if (problem !== undefined)
      return invalidOperation('batch', `is wrong at ${position}: ${problem}`)
    if (position <= after || position > upTo) {
      return invalidOperation('batch', `has an event at ${position}, outside of it`)
    }
  }
  return undefined
}
