import { textIssue } from './json'

/** How many tags an event has at most. */
export const MOST_TAGS = 32

/** How many different tags one append may name, those of its condition included: each is a lock of the database. */
export const MOST_TAGS_PER_APPEND = 5_000

const MAXIMUM_TAG = 255

/** Why a text is no tag, or `undefined`. */
export const tagProblem = (tag: unknown): string | undefined =>
  typeof tag === 'string' &&
  tag.length > 0 &&
  tag.length <= MAXIMUM_TAG &&
  textIssue(tag) === undefined
    ? undefined
    : `a tag must have 1 to ${MAXIMUM_TAG} characters and no NUL`

/** Why an event cannot have these tags, or `undefined`. */
export const tagsProblem = (tags: ReadonlyArray<string>): string | undefined => {
  if (tags.length > MOST_TAGS) return `it has ${tags.length} tags; the limit is ${MOST_TAGS}`
  let before = ''
  for (const tag of tags) {
    const problem = tagProblem(tag)
    if (problem !== undefined) return problem
    if (tag <= before) return 'its tags must be sorted, each once'
    before = tag
  }
  return undefined
}

/** Tags as an event has them: sorted by code units, each once. */
export const sortedTags = (tags: ReadonlyArray<string>): ReadonlyArray<string> =>
  tags.toSorted().filter((tag, index, all) => tag !== all[index - 1])
