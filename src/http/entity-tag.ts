import { MAXIMUM_VERSION, type StreamVersion } from '../core/stream'

/**
 * The entity tag of a version: a strong one.
 *
 * @example
 * entityTag(3) // '"3"'
 */
export const entityTag = (version: StreamVersion): string => `"${version}"`

/** One entity tag of a header. */
export interface ListedTag {
  readonly isWeak: boolean
  /** `undefined`: a tag that is not ours. It matches nothing. */
  readonly version: StreamVersion | undefined
}

const VERSION = /^(?:0|[1-9]\d{0,9})$/

const versionIn = (tag: string): StreamVersion | undefined => {
  const version = VERSION.test(tag) ? Number(tag) : MAXIMUM_VERSION + 1
  return version <= MAXIMUM_VERSION ? version : undefined
}

/** An entity tag with what may surround it in a list. Empty elements are ignored, as RFC 9110, 5.6.1 demands. */
const ELEMENT = /[\t ,]*(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"[\t ]*(?=,|$)/y

/**
 * The entity tags of `If-Match` or `If-None-Match`. `undefined`: it is malformed.
 *
 * Source: RFC 9110, section 8.8.3 and 13.1.
 */
export const parseTags = (header: string): '*' | ReadonlyArray<ListedTag> | undefined => {
  const text = header.replace(/^[\t ]+|[\t ,]+$/g, '')
  if (text === '*') return '*'
  const tags: ListedTag[] = []
  ELEMENT.lastIndex = 0
  while (ELEMENT.lastIndex < text.length) {
    const found = ELEMENT.exec(text)
    if (found === null) return undefined
    tags.push({ isWeak: found[1] !== undefined, version: versionIn(found[2] ?? '') })
  }
  return tags.length === 0 ? undefined : tags
}
