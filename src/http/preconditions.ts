import * as E from 'fp-ts/Either'
import type { ExpectedVersion } from '../core/expected-version'
import { MAXIMUM_VERSION, type StreamVersion } from '../core/stream'
import { type ListedTag, parseTags } from './entity-tag'
import { malformedHeader, type Problem } from './problem'

/** What `If-Match` and `If-None-Match` demand. */
export interface Preconditions {
  /**
   * The expected version to try first. It alone is all of `*`, and of one tag. A list may hold at other versions too:
   * the conflict says at which version the stream is.
   */
  readonly expectedVersion: ExpectedVersion
  /** Whether `If-Match` holds. */
  readonly isMatched: (version: StreamVersion) => boolean
  /** Whether `If-None-Match` holds: the caller does not have this version. */
  readonly isUnseen: (version: StreamVersion) => boolean
}

type Tags = '*' | ReadonlyArray<ListedTag> | undefined

const versionsIn = (tags: ReadonlyArray<ListedTag>): ReadonlySet<StreamVersion | undefined> =>
  new Set(tags.map(({ version }) => version))

/** Strong comparison: a weak tag never matches. */
const ifMatch = (tags: Tags): Preconditions['isMatched'] => {
  if (tags === undefined) return () => true
  if (tags === '*') return (version) => version > 0
  const strong = versionsIn(tags.filter(({ isWeak }) => !isWeak))
  return (version) => strong.has(version)
}

/** Weak comparison: `W/"3"` and `"3"` match. */
const ifNoneMatch = (tags: Tags): Preconditions['isUnseen'] => {
  if (tags === undefined) return () => true
  if (tags === '*') return (version) => version === 0
  const versions = versionsIn(tags)
  return (version) => !versions.has(version)
}

/** No stream is at it: a command that expects it is not decided, and its conflict says where the stream is. */
const NOWHERE = MAXIMUM_VERSION

const firstOf = (
  match: Tags,
  noneMatch: Tags,
  holdsAt: (version: StreamVersion) => boolean,
): ExpectedVersion => {
  if (match === '*' && noneMatch === undefined) return 'mustExist'
  if (match === undefined && noneMatch === '*') return 'mustNotExist'
  if (match === undefined || match === '*') return NOWHERE
  const versions = match.flatMap(({ version }) => version ?? []).filter(holdsAt)
  return versions.length === 0 ? NOWHERE : Math.max(...versions)
}

/**
 * The preconditions of a request, by the rules of RFC 9110, section 13: entity tags are versions. `undefined`: it has
 * none. Fails with `malformed-header`.
 */
export const preconditionsOf = (headers: Headers): E.Either<Problem, Preconditions | undefined> => {
  const [match, noneMatch] = [headers.get('if-match'), headers.get('if-none-match')]
  if (match === null && noneMatch === null) return E.right(undefined)
  const [matchTags, noneMatchTags] = [match, noneMatch].map((header) =>
    header === null ? undefined : parseTags(header),
  )
  if (match !== null && matchTags === undefined) {
    return E.left(malformedHeader('If-Match', 'entity tags, such as "3", or *'))
  }
  if (noneMatch !== null && noneMatchTags === undefined) {
    return E.left(malformedHeader('If-None-Match', 'entity tags, such as "3", or *'))
  }
  const [isMatched, isUnseen] = [ifMatch(matchTags), ifNoneMatch(noneMatchTags)]
  const holdsAt = (version: StreamVersion): boolean => isMatched(version) && isUnseen(version)
  return E.right({
    expectedVersion: firstOf(matchTags, noneMatchTags, holdsAt),
    isMatched,
    isUnseen,
  })
}
