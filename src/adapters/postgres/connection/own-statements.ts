import type { CustomTypesConfig } from 'pg'

// Statements of the library begin with a comment, by which they are known on the connection.
const MARK = '/*reprise'
const PREFIX = `${MARK}:`

/** Puts a label before a statement: it is one of ours, and worth being prepared. */
export const named = (label: string, text: string): string => `${PREFIX}${label}*/ ${text}`

/** The label of one of our own statements; `undefined` for any other statement. */
export const labelOf = (text: string): string | undefined =>
  text.startsWith(PREFIX) ? text.slice(PREFIX.length, text.indexOf('*/')) : undefined

export const isOwn = (text: string): boolean => text.startsWith(MARK)

/** One of our statements, with or without a label. */
export const own = (text: string): string => (isOwn(text) ? text : `${MARK}*/ ${text}`)

/** Most events have no metadata. */
const parseJson = (value: string): unknown => (value === '{}' ? {} : JSON.parse(value))
const parsers: Readonly<Record<number, (value: string) => unknown>> = {
  16: (value) => value === 't', // boolean
  21: Number, // smallint
  23: Number, // integer
  114: parseJson, // json
  701: Number, // double precision
  3802: parseJson, // jsonb
}

/** How a driver finds the parser of a type. */
interface Parsing {
  readonly getTypeParser: (type: number, format: 'text') => (value: string) => unknown
}

/**
 * How the columns of our own statements are parsed, whatever the application has set for its own: a pool, or the
 * driver, may answer big integers for numbers, and texts for JSON. Types that none of our statements answers are left
 * to the driver.
 */
export const ownTypes = (driver: Parsing): CustomTypesConfig => ({
  getTypeParser: (type: number) => parsers[type] ?? driver.getTypeParser(type, 'text'),
})

/** How the columns of our own statements are parsed by their types' numbers. */
export const ownParsers: Readonly<Record<number, (value: string) => unknown>> = parsers
