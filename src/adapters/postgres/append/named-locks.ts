import type { AppendRequest } from '../../../core/append'
import type { AppendCondition } from '../../../core/boundary-query'
import { categoryOf } from '../../../core/stream'

/** What is locked by its name until the end of the transaction: alone, or beside others who lock it shared. */
export interface NamedLock {
  readonly name: string
  readonly alone: boolean
}

/** What of an append decides what it locks. */
interface LockingAppend extends Pick<AppendRequest, 'streamId' | 'expectedVersion'> {
  readonly events: ReadonlyArray<{ readonly tags?: ReadonlyArray<string> }>
}

const isWritten = ({ events }: LockingAppend): boolean => events.length > 0

/** Whether nothing is written to it, and yet it must be where it is expected. */
const isLookedAt = (append: LockingAppend): boolean =>
  !isWritten(append) && append.expectedVersion !== 'any'

/**
 * A stream that is written needs no lock, for its next version can be taken only once. One that is only looked at does:
 * of two appends that each look at a stream that the other one writes, one must wait, and then sees what the other has
 * stored.
 */
const streamLocks = (appends: ReadonlyArray<LockingAppend>): ReadonlyArray<NamedLock> =>
  appends.some(isLookedAt)
    ? appends.map((append) => ({ name: `stream ${append.streamId}`, alone: isWritten(append) }))
    : []

/**
 * A writer of a tag locks it, beside all others who do; a condition locks one tag of each of its items alone. So
 * nothing that it asks for is on its way when it is checked. One is enough, for writers lock all of their tags.
 */
const tagLocks = (
  appends: ReadonlyArray<LockingAppend>,
  condition: AppendCondition | undefined,
): ReadonlyArray<NamedLock> => {
  const written = new Set(appends.flatMap(({ events }) => events.flatMap(({ tags }) => tags ?? [])))
  const lock = (tag: string, alone: boolean): NamedLock => ({ name: `tag ${tag}`, alone })
  return [
    ...Array.from(written, (tag) => lock(tag, false)),
    ...(condition?.query ?? []).map(({ tags: [tag] }) => lock(tag, true)),
  ]
}

/**
 * The categories whose tags are declared: what has written an event with tags, or none of its category's, holds this lock,
 * and the trigger of a category with tags lets nothing else pass.
 */
const declaredLocks = (appends: ReadonlyArray<LockingAppend>): ReadonlyArray<NamedLock> => {
  const declared = appends.filter(({ events }) => events.some(({ tags }) => tags !== undefined))
  const categories = new Set(declared.map(({ streamId }) => categoryOf(streamId)))
  return Array.from(categories, (category) => ({ name: `tags of ${category}`, alone: false }))
}

/** What is locked for some appends that are one: their tags, those of their condition, and streams that are looked at. */
export const locksOf = (
  appends: ReadonlyArray<LockingAppend>,
  condition: AppendCondition | undefined,
): ReadonlyArray<NamedLock> => [
  ...streamLocks(appends),
  ...tagLocks(appends, condition),
  ...declaredLocks(appends),
]
