import * as t from 'io-ts'
import { codecOf, type Schema, type ValueOf } from './schema'

/**
 * The values of a schema for which `isValid` is true. The name stands in messages: `expected Cents, got -5`.
 *
 * @example
 * const Cents = refined('Cents', t.number, (amount) => Number.isSafeInteger(amount) && amount > 0)
 */
export const refined = <Described extends Schema>(
  name: string,
  schema: Described,
  isValid: (value: ValueOf<Described>) => boolean,
): t.Type<ValueOf<Described>, unknown> => t.refinement(codecOf(schema), isValid, name)

/** A safe integer, 0 or more. */
export const WholeNumber = refined(
  'WholeNumber',
  t.number,
  (value) => Number.isSafeInteger(value) && value >= 0,
)

/** Text with at least one character that is not white space. */
export const NonEmptyText = refined('NonEmptyText', t.string, (text) => text.trim() !== '')

const DAY = /^(\d{4})-(\d\d)-(\d\d)$/
const DAY_LENGTH = 10
const TIME = /^T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/

const daysIn = (year: number, month: number): number => {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0
}

const isDay = (text: string): boolean => {
  const [year = 0, month = 0, day = 0] = DAY.exec(text)?.slice(1).map(Number) ?? []
  return day >= 1 && day <= daysIn(year, month)
}

/** A day of the calendar, as text: `2026-11-27`. Days sort as text. */
export const Day = refined('Day', t.string, isDay)

/**
 * A point in time, as text in UTC with milliseconds: `2026-11-27T13:55:12.000Z`, what `toISOString` of a `Date`
 * gives. Instants sort as text, and equal ones are equal text.
 */
export const Instant = refined(
  'Instant',
  t.string,
  (text) => isDay(text.slice(0, DAY_LENGTH)) && TIME.test(text.slice(DAY_LENGTH)),
)
