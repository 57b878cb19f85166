import type { Position } from '../../core/stream'

/** The tags of events. */
export interface TagIndex {
  /** The positions of the events with a tag, ascending. */
  readonly positions: Map<string, Position[]>
  readonly tags: Map<Position, ReadonlyArray<string>>
}

export const emptyTagIndex = (): TagIndex => ({ positions: new Map(), tags: new Map() })

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
