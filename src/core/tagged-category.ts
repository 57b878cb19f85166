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

/**
 * Whether all events of a category have their tags.
 *
 * @example
 * isComplete({ category: 'course', completeAfter: 40, rebuiltTo: 12, enforced: true }) // false
 */
export const isComplete = ({ completeAfter, rebuiltTo }: TaggedCategory): boolean =>
  completeAfter !== undefined && rebuiltTo >= completeAfter

export const TAGS_INCOMPLETE =
  'what reads by tags could miss events. Run `npx reprise tags rebuild <module>` with the module that exports the category'

export const TAGS_NOT_DECLARED =
  'append with the release whose category has `tags`, or give every event its `tags`, be it an empty list'

/**
 * The error for what reads by tags while some of these categories are not complete, or `undefined`: `StoreFailed` with
 * the reason `TagsIncomplete`.
 *
 * @example
 * const error = tagsIncomplete([{ category: 'course', completeAfter: 40, rebuiltTo: 12, enforced: true }])
 * if (error !== undefined) return E.left(error)
 */
export const tagsIncomplete = (
  categories: ReadonlyArray<TaggedCategory>,
): StoreFailed | undefined => {
  const names = categories.filter((one) => !isComplete(one)).map(({ category }) => category)
  const cause = new Error(`the tags of ${names.toSorted().join(', ')} are not complete`)
  return names.length === 0
    ? undefined
    : storeFailed('TagsIncomplete', 'nothingWritten', cause, TAGS_INCOMPLETE)
}

/**
 * The error for a writer that does not declare the tags of a category: `StoreFailed` with the reason `TagsNotDeclared`.
 *
 * @example
 * TE.left(tagsNotDeclared('course'))
 */
export const tagsNotDeclared = (category: string): StoreFailed =>
  storeFailed(
    'TagsNotDeclared',
    'nothingWritten',
    new Error(`the category ${category} has tags, and this writer does not declare them`),
    TAGS_NOT_DECLARED,
  )

/**
 * Why a text is not the name of a category, in words, or `undefined`.
 *
 * @example
 * taggableProblem('course-math') // 'is not the name of a category'
 */
export const taggableProblem = (category: string): string | undefined =>
  category.includes('-') || streamIdError(`${category}-1`) !== undefined
    ? 'is not the name of a category'
    : undefined

/**
 * The error `InvalidOperation` for a category whose tags are to be rebuilt further, and no rebuild was begun.
 *
 * @example
 * TE.left(notTagged('course'))
 */
export const notTagged = (category: string): InvalidOperation =>
  invalidOperation('category', `${category} has no rebuild of its tags under way: begin one first`)

/**
 * Why a store must reject a batch of tags before it does anything, or `undefined`: `InvalidOperation` if it ends where it
 * begins, has tags that are not valid, or an event outside of it.
 *
 * @example
 * const error = tagBatchProblem({ category: 'course', after: 12, upTo: 12, events: [] })
 * if (error !== undefined) return E.left(error)
 */
export const tagBatchProblem = ({
  after,
  upTo,
  events,
}: TagBatch): InvalidOperation | undefined => {
  if (!Number.isSafeInteger(upTo) || upTo <= after) {
    return invalidOperation('batch', `must end after position ${after}; got ${upTo}`)
  }
  for (const { position, tags } of events) {
    const problem = tagsProblem(tags)
    if (problem !== undefined)
      return invalidOperation('batch', `is not valid at position ${position}: ${problem}`)
    if (position <= after || position > upTo) {
      return invalidOperation(
        'batch',
        `goes from ${after} to ${upTo}, and has an event at position ${position}`,
      )
    }
  }
  return undefined
}
