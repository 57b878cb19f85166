import assert from 'node:assert/strict'
import type { AppendError } from '../../core/errors/unions'
import { type Json, type JsonObject, MAXIMUM_DEPTH } from '../../core/json'
import type { NewEvent } from '../../core/recorded-event'
import { type Suite, forEach } from './suite'
import { failsWith, isMissing, succeeds } from './checks'
import { anEvent, appendTo, freshStream, numbered } from './fixtures'

/** An event that the compiler would reject, as it may come out of `any`. */
const forged = (part: Record<string, unknown>): NewEvent => {
  const event = anEvent({})
  Object.assign(event, part)
  return event
}

const withData = (inner: unknown): NewEvent => forged({ data: { inner } })

const nested = (depth: number): Json => (depth === 0 ? 1 : { a: nested(depth - 1) })

const circle = (): JsonObject => {
  const [inner, outer] = [{}, {}]
  Object.assign(inner, { outer })
  return Object.assign(outer, { inner })
}

interface Case {
  readonly name: string
  readonly event: () => NewEvent
}

const unencodable: ReadonlyArray<Case> = [
  { name: 'NaN', event: () => withData(Number.NaN) },
  { name: 'Infinity', event: () => withData([1, -Infinity]) },
  { name: 'undefined', event: () => withData(undefined) },
  { name: 'a hole in a list', event: () => withData(new Array(2)) },
  { name: 'a bigint', event: () => withData(10n) },
  { name: 'a Date', event: () => withData(new Date(0)) },
  { name: 'a Map', event: () => withData(new Map()) },
  { name: 'a function', event: () => withData(() => 1) },
  { name: 'a symbol', event: () => withData(Symbol('s')) },
  { name: 'a NUL in text', event: () => withData('a\u0000b') },
  { name: 'a NUL in a key', event: () => withData({ 'a\u0000': 1 }) },
  { name: 'a lone surrogate in text', event: () => withData('\ud800') },
  { name: 'a lone surrogate in a key', event: () => withData({ '\udfff': 1 }) },
  { name: 'nesting beyond the limit', event: () => withData(nested(MAXIMUM_DEPTH)) },
  { name: 'data that contains itself', event: () => withData(circle()) },
  { name: 'no data at all', event: () => forged({ data: undefined }) },
  { name: 'NaN in its metadata', event: () => anEvent({}, { extra: { a: Number.NaN } }) },
  { name: 'a NUL in its metadata', event: () => anEvent({}, { actor: '\u0000' }) },
]

const malformed: ReadonlyArray<Case> = [
  { name: 'an id that is not a UUID', event: () => forged({ id: 'event-1' }) },
  { name: 'an empty id', event: () => forged({ id: '' }) },
  { name: 'an empty type', event: () => anEvent({}, {}, '') },
  { name: 'a type of 256 characters', event: () => anEvent({}, {}, 'x'.repeat(256)) },
  { name: 'a NUL in its type', event: () => anEvent({}, {}, 'a\u0000') },
  { name: 'a schema version of 0', event: () => forged({ schemaVersion: 0 }) },
  { name: 'a schema version of 1.5', event: () => forged({ schemaVersion: 1.5 }) },
  { name: 'a schema version of NaN', event: () => forged({ schemaVersion: Number.NaN }) },
  { name: 'a schema version of 32,768', event: () => forged({ schemaVersion: 32_768 }) },
]

const tooBig: ReadonlyArray<Case> = [
  { name: '20 MB of data', event: () => withData('x'.repeat(20_000_000)) },
  { name: '20 MB of metadata', event: () => anEvent({}, { actor: 'x'.repeat(20_000_000) }) },
  { name: 'one character too many', event: () => anEvent({ text: 'x'.repeat(1_048_576 - 19) }) },
  { name: 'a list too long', event: () => withData(new Array(131_072).fill(0)) },
]

/** One bad event after two good ones: none of the three is stored. */
const refuses = (
  cases: ReadonlyArray<Case>,
  error: Partial<AppendError> & Record<string, unknown>,
): Suite['tests'] =>
  forEach(
    cases,
    ({ name }) => `rejects an event with ${name}, and stores nothing`,
    ({ event }) =>
      async ({ store, second }) => {
        const [id, events] = [freshStream(), numbered(2)]
        const request = appendTo(id, 'any', [...events, event()])
        await failsWith(store.append(request), { ...error, streamId: id })
        await isMissing(second, id)
        const { version } = await succeeds(store.append(appendTo(id, 0, events)))
        assert.equal(version, 2)
      },
  )

/** Appends with one bad event. */
export const badEvents: Suite = {
  name: 'events that cannot be stored',
  tests: {
    ...refuses(unencodable, { _tag: 'UnencodableEvent', index: 2 }),
    ...refuses(malformed, { _tag: 'InvalidAppend' }),
    ...refuses(tooBig, { _tag: 'LimitExceeded', limit: 'eventSize', maximum: 1_048_576 }),
    'rejects a thousand events when the last of them is bad': async ({ store, second }) => {
      const id = freshStream()
      const request = appendTo(id, 0, [...numbered(999), withData(undefined)])
      await failsWith(store.append(request), { _tag: 'UnencodableEvent', index: 999 })
      await isMissing(second, id)
    },
    "does not let one caller's bad event touch the append of another": async (stores) => {
      const [good, bad] = [freshStream(), freshStream()]
      await Promise.all([
        succeeds(stores.store.append(appendTo(good, 0, numbered(2)))),
        failsWith(stores.store.append(appendTo(bad, 0, [withData('\u0000')])), {
          _tag: 'UnencodableEvent',
        }),
        failsWith(stores.store.append(appendTo(bad, 4, numbered(1))), { _tag: 'VersionConflict' }),
        succeeds(stores.store.append(appendTo(good, 'any', numbered(2, 3)))),
      ])
      await isMissing(stores.second, bad)
    },
  },
}
