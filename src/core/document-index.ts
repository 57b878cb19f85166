import { fingerprintOf } from './fingerprint'
import { isRecord, type Json, type JsonObject } from './json'

/**
 * The lists that documents can be read in, by name: each with the fields of the stored document that sort it, the most
 * important one first. Fields of the top level only.
 */
export type DocumentIndexes = Readonly<Record<string, ReadonlyArray<string>>>

/** Where a document is in each list: what sorts it, by the name of the index. */
export type DocumentPlaces = Readonly<Record<string, string>>

// A part of a sort key begins with the type of its value, so values of different types never mix. All parts are compared
// by code points, and each ends in such a way that a shorter text comes first.
const NOTHING = '0'
const FALSE = '1'
const TRUE = '2'
const NUMBER = '3'
const TEXT = '4'
const OTHER = '5'
/** After everything that can follow a whole part. */
const LAST = '~'
const END = '\u0001\u0001'
const CUT = '\u0001\u0003'

/** The characters of a text that sort it. Longer ones with the same beginning are in an order of their own. */
const SORTED_LENGTH = 100

const textPart = (text: string): string => {
  const escaped = (part: string): string => part.replaceAll('\u0001', '\u0001\u0002')
  if (text.length <= SORTED_LENGTH) return `${TEXT}${escaped(text)}${END}`
  const characters = Array.from(text) // by code points, as they are sorted
  if (characters.length <= SORTED_LENGTH) return `${TEXT}${escaped(text)}${END}`
  const beginning = characters.slice(0, SORTED_LENGTH).join('')
  return `${TEXT}${escaped(beginning)}${CUT}${String(fingerprintOf(text))}${END}`
}

/** 16 hexadecimal digits in the order of the numbers: those of the double, negative ones turned round. */
const numberPart = (number: number): string => {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, number === 0 ? 0 : number)
  const bits = view.getBigUint64(0)
  const sign = 1n << 63n
  const sorted = (bits & sign) === 0n ? bits | sign : ~bits & ((1n << 64n) - 1n)
  return `${NUMBER}${sorted.toString(16).padStart(16, '0')}`
}

const partOf = (value: Json | undefined): string => {
  if (value === undefined || value === null) return NOTHING
  if (typeof value === 'string') return textPart(value)
  if (typeof value === 'number') return numberPart(value)
  if (typeof value === 'boolean') return value ? TRUE : FALSE
  return OTHER
}

/**
 * Where a stored document is in each list: texts that sort as its fields do. A field that is missing sorts first.
 *
 * @example
 * const places = placesOf({ byOwner: ['owner', 'balance'] }, { owner: 'Ada', balance: 50 })
 */
export const placesOf = (indexes: DocumentIndexes, document: Json): DocumentPlaces => {
  const fields: JsonObject = isRecord(document) ? document : {}
  return Object.fromEntries(
    Object.entries(indexes).map(([name, names]) => [
      name,
      names
        .map((field) => partOf(Object.hasOwn(fields, field) ? fields[field] : undefined))
        .join(''),
    ]),
  )
}

/** Which part of a list. */
export interface ListFilter {
  /** Only documents with these values: of the first fields of the index, without a gap. */
  readonly where?: JsonObject
  /** Only documents whose next field has this value, or a later one. */
  readonly from?: Json
  /** Only documents whose next field has this value, or an earlier one. */
  readonly to?: Json
}

/** The sort keys of a part of a list: from `low` on, before `high`. */
export interface SortRange {
  readonly low: string
  readonly high: string
}

/**
 * The sort keys of a part of a list, to compare with {@link placesOf}; or, as text, why the index cannot find that part:
 * `where` must name the first of `fields`, and a range needs one more.
 *
 * @example
 * const range = sortRange(['owner', 'balance'], { where: { owner: 'Ada' }, from: 50 })
 */
export const sortRange = (
  fields: ReadonlyArray<string>,
  { where = {}, from, to }: ListFilter,
): SortRange | string => {
  const given = Object.keys(where).filter((field) => where[field] !== undefined)
  const leading = fields.slice(0, given.length)
  const other = given.find((field) => !leading.includes(field))
  if (other !== undefined) {
    return `it has the fields ${fields.join(', ')}, and cannot find by ${given.join(', ')} alone: only by the first of them`
  }
  const bounded = from !== undefined || to !== undefined
  if (bounded && given.length === fields.length) {
    return `it has the fields ${fields.join(', ')}: after ${given.join(', ')} none is left for a range`
  }
  const prefix = leading.map((field) => partOf(where[field])).join('')
  return {
    low: from === undefined ? prefix : `${prefix}${partOf(from)}`,
    high: `${prefix}${to === undefined ? '' : partOf(to)}${LAST}`,
  }
}
