import type fc from 'fast-check'
import { Day, Instant } from '../core/codec/refined'
import type { FastCheck } from './fast-check'

/** Sums of many of them are still finite. A state that holds `Infinity` is not JSON, which would hide what a law is about. */
const LARGEST_NUMBER = 1e100

/** The arbitraries that all others are built from. */
export interface BaseArbitraries {
  /** Strings that a store can keep: empty ones, any script, and common formats such as dates and UUIDs. */
  readonly text: fc.Arbitrary<string>
  /** Numbers that JSON can represent: mostly small ones, and edge cases. None above 1e100 in size. */
  readonly number: fc.Arbitrary<number>
  /** Any JSON, of little depth. */
  readonly json: fc.Arbitrary<unknown>
  /** Those of the types of `reprise/codec` that are hardly ever met by chance. */
  readonly ready: ReadonlyMap<unknown, fc.Arbitrary<string>>
}

const storable = (value: string): string => value.replaceAll('\u0000', '')

const instantFrom = (check: FastCheck): fc.Arbitrary<string> =>
  check
    .date({ min: new Date(0), max: new Date('2100-01-01T00:00:00Z'), noInvalidDate: true })
    .map((date) => date.toISOString())

const textFrom = (check: FastCheck, isoDate: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  check.oneof(
    { weight: 4, arbitrary: check.string({ maxLength: 12 }).map(storable) },
    { weight: 2, arbitrary: check.string({ unit: 'grapheme', maxLength: 6 }).map(storable) },
    { weight: 1, arbitrary: check.uuid() },
    { weight: 1, arbitrary: isoDate },
    { weight: 1, arbitrary: check.emailAddress() },
    { weight: 1, arbitrary: check.nat().map(String) },
  )

const numberFrom = (check: FastCheck): fc.Arbitrary<number> =>
  check.oneof(
    { weight: 4, arbitrary: check.nat({ max: 100 }) },
    { weight: 2, arbitrary: check.integer() },
    { weight: 1, arbitrary: check.maxSafeInteger() },
    {
      weight: 1,
      arbitrary: check
        .double({ noNaN: true, min: -LARGEST_NUMBER, max: LARGEST_NUMBER })
        .map((value) => value + 0),
    },
  )

/** Arbitraries of strings, numbers and JSON. */
export const baseArbitraries = (check: FastCheck): BaseArbitraries => {
  const instant = instantFrom(check)
  const [text, number] = [textFrom(check, instant), numberFrom(check)]
  const { value: json } = check.letrec<{ readonly value: unknown }>((tie) => ({
    value: check.oneof(
      { maxDepth: 2 },
      check.constant(null),
      check.boolean(),
      number,
      text,
      check.array(tie('value'), { maxLength: 3 }),
      check.dictionary(
        check.string({ minLength: 1, maxLength: 4 }).map((key) => `k${storable(key)}`),
        tie('value'),
        { maxKeys: 3, noNullPrototype: true },
      ),
    ),
  }))
  const day = instant.map((when) => when.slice(0, 'YYYY-MM-DD'.length))
  const ready = new Map<unknown, fc.Arbitrary<string>>([
    [Instant, instant],
    [Day, day],
  ])
  return { text, number, json, ready }
}
