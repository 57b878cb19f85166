import type { AppendRequest } from '../../core/append'
import type { StoreFailed } from '../../core/errors/store'
import { categoryOf, type Position } from '../../core/stream'
import { type TaggedCategory, tagsIncomplete, tagsNotDeclared } from '../../core/tagged-category'
import { sortedTags } from '../../core/tags'

/** The tags of events. */
export interface TagIndex {
  /** The positions of the events with a tag, ascending. */
  readonly positions: Map<string, Position[]>
  readonly tags: Map<Position, ReadonlyArray<string>>
  /** The categories whose tags were declared. */
  readonly categories: Map<string, TaggedCategory>
  /** How many rebuilds have begun. */
  rebuilds: number
}

export const emptyTagIndex = (): TagIndex => ({
  positions: new Map(),
  tags: new Map(),
  categories: new Map(),
  rebuilds: 0,
})

/** Why what rests on the tags of these categories, or of all, is refused, or `undefined`. */
export const incompleteIn = (
  { categories }: TagIndex,
  only?: ReadonlyArray<string>,
): StoreFailed | undefined =>
  categories.size === 0
    ? undefined
    : tagsIncomplete(
        [...categories.values()].filter(({ category }) => only?.includes(category) ?? true),
      )

/** Why events without tags are refused, or `undefined`. */
export const undeclaredIn = (
  { categories }: TagIndex,
  requests: ReadonlyArray<AppendRequest>,
): StoreFailed | undefined => {
  if (categories.size === 0) return undefined
  const refused = requests.find(
    ({ streamId, events }) =>
      events.length > 0 &&
      events.every(({ tags }) => tags === undefined) &&
      categories.get(categoryOf(streamId))?.enforced === true,
  )
  return refused && tagsNotDeclared(categoryOf(refused.streamId))
}

/** Adds tags to an event that is stored already, in the order of the positions. */
export const addTagsLater = (
  index: TagIndex,
  position: Position,
  tags: ReadonlyArray<string>,
): void => {
  const before = tagsAt(index, position)
  const fresh = tags.filter((tag) => !before.includes(tag))
  addTags(index, position, fresh)
  if (before.length > 0) index.tags.set(position, sortedTags([...before, ...fresh]))
  for (const tag of fresh) index.positions.get(tag)?.sort((left, right) => left - right)
}

export const addTags = (
  index: TagIndex,
  position: Position,
  tags: ReadonlyArray<string> = [],
): void => {
  if (tags.length === 0) return
  index.tags.set(position, tags)
  for (const tag of tags) {
    const known = index.positions.get(tag)
    if (known === undefined) index.positions.set(tag, [position])
    else known.push(position)
  }
}

/** An event was erased. */
export const removeTags = (index: TagIndex, position: Position): void => {
  for (const tag of tagsAt(index, position)) {
    const left = index.positions.get(tag)?.filter((other) => other !== position) ?? []
    if (left.length === 0) index.positions.delete(tag)
    else index.positions.set(tag, left)
  }
  index.tags.delete(position)
}

export const tagsAt = (index: TagIndex, position: Position): ReadonlyArray<string> =>
  index.tags.get(position) ?? []

/** Whether an event has one of the tags. */
export const hasTag = (index: TagIndex, position: Position, tags: ReadonlyArray<string>): boolean =>
  tagsAt(index, position).some((tag) => tags.includes(tag))

/** The events with a tag above a position, ascending. */
export const positionsAbove = (
  index: TagIndex,
  tag: string,
  after: Position,
): ReadonlyArray<Position> => {
  const all = index.positions.get(tag) ?? []
  return all.slice(all.findLastIndex((position) => position <= after) + 1)
}
