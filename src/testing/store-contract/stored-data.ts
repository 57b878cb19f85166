import assert from 'node:assert/strict'
import { type Json, type JsonObject, MAXIMUM_DEPTH } from '../../core/json'
import type { Metadata } from '../../core/metadata'
import { forEach, type SourceSuite, streamIn, type Suite } from './suite'
import { eventsOf, holds, same, succeeds } from './checks'
import { anEvent, appendTo, freshStream } from './fixtures'
import { readUpTo } from './following'

const nested = (depth: number): Json => (depth === 0 ? 'bottom' : [nested(depth - 1)])

interface Case {
  readonly name: string
  readonly data: JsonObject
}

const ownProto: JsonObject = Object.fromEntries([['__proto__', { polluted: true }]])

const cases: ReadonlyArray<Case> = [
  { name: 'no keys', data: {} },
  { name: 'every kind of value', data: { a: null, b: true, c: false, d: 0, e: '', f: [], g: {} } },
  { name: 'an empty key', data: { '': 1, inner: { '': { '': [] } } } },
  { name: 'keys with dots, quotes and spaces', data: { 'a.b': 1, '"': 2, ' ': 3, "'": 4, $: 5 } },
  {
    name: 'keys that look like numbers',
    data: { 10: 'ten', 2: 'two', '-1': 'minus', '01': 'one' },
  },
  {
    name: 'keys named like parts of every object',
    data: { constructor: 1, toString: 2, length: 3 },
  },
  { name: 'an own key named __proto__', data: { ...ownProto, list: [ownProto] } },
  {
    name: 'a type and an id of its own',
    data: { type: 'Other', id: 7, version: -1, streamId: null },
  },
  {
    name: 'text from many scripts',
    data: { text: 'é e\u0301 ß Ł 日本語 עברית हिन्दी \u202eback\u202c' },
  },
  { name: 'emoji and other pairs', data: { '😀': '👩‍👩‍👧‍👦 𝕏 \u{10ffff}' } },
  { name: 'quotes and backslashes', data: { text: `'"\`\\ \\n \\u0041 \\\\ $1 $$ %s {} ''` } },
  {
    name: 'control characters',
    data: { text: '\u0001 \u001f \u007f \u2028 \u2029 \ufeff \b\f\n\r\t' },
  },
  {
    name: 'text that looks like SQL',
    data: { text: `'); drop table events; -- {"a":1} ,"x" (1)` },
  },
  { name: 'text that looks like something else', data: { a: 'null', b: 'NaN', c: '1e3', d: '[]' } },
  { name: 'big numbers', data: { a: Number.MAX_SAFE_INTEGER, b: Number.MAX_VALUE, c: 1e21 } },
  { name: 'small numbers', data: { a: Number.MIN_VALUE, b: -Number.EPSILON, c: 1e-7, d: 0.1 } },
  { name: 'negative numbers', data: { a: -1, b: Number.MIN_SAFE_INTEGER, c: -Number.MAX_VALUE } },
  { name: 'a negative zero, which may become zero', data: { zero: -0 } },
  { name: 'long text', data: { text: 'long '.repeat(100_000) } },
  { name: 'a long list', data: { list: Array.from({ length: 10_000 }, (_, index) => index) } },
  { name: 'nesting to the limit', data: { deep: nested(MAXIMUM_DEPTH - 2) } },
]

const everything: Metadata = {
  commandId: 'command "1"',
  correlationId: 'correlation\\2',
  causationId: 'causation 😀',
  actor: "O'Hara",
  extra: { tenant: 'a', '': [1, { deep: null }], commandId: 'not that one' },
}

/** The same for followers. */
export const sourceData: SourceSuite = {
  name: 'stored data',
  tests: {
    'returns data of every kind to followers': async (stores) => {
      const { store, second } = stores
      const id = streamIn(stores)
      for (const { name, data } of cases) {
        const event = anEvent(data, { extra: data })
        const [position = 1] = (await succeeds(store.append(appendTo(id, 'any', [event]))))
          .positions
        const read = await readUpTo(second, { after: position - 1, limit: 1 }, position)
        const { events } = await succeeds(store.readBackwards(id, { limit: 1 }))
        same(read, events, `data with ${name}`)
      }
    },
  },
}

/** Data is returned as it was stored. */
export const storedData: Suite = {
  name: 'stored data',
  tests: {
    ...forEach(
      cases,
      ({ name }) => `returns data with ${name}`,
      ({ data }) =>
        async ({ store, second }) => {
          const [id, events] = [freshStream(), [anEvent(data, { extra: data })]]
          await succeeds(store.append(appendTo(id, 0, events)))
          await holds(second, id, events)
          const loaded = await succeeds(store.load({ streamId: id, after: 0, limit: 1 }))
          same(loaded.events, await eventsOf(store, id))
        },
    ),
    'returns every key of the metadata': async ({ store, second }) => {
      const [id, events] = [freshStream(), [anEvent({ a: 1 }, everything), anEvent({ a: 2 })]]
      await succeeds(store.append(appendTo(id, 0, events)))
      await holds(second, id, events)
    },
    'returns metadata of which only some keys are present': async ({ store }) => {
      const keys = Object.entries(everything)
      const events = keys.map((entry) => anEvent({}, Object.fromEntries([entry])))
      const id = freshStream()
      await succeeds(store.append(appendTo(id, 0, events)))
      await holds(store, id, events)
    },
    'returns ids, types and schema versions unchanged': async ({ store }) => {
      const types = ['A', 'a', 'a b', 'Ünïcödé', '事件', 'x'.repeat(255), "'", '"', '\\', 'null']
      const events = types.map((type, index) => ({
        ...anEvent({}, {}, type),
        schemaVersion: index === 0 ? 32_767 : index,
      }))
      const id = freshStream()
      await succeeds(store.append(appendTo(id, 0, events)))
      await holds(store, id, events)
    },
    'takes data nested to exactly the limit': async ({ store }) => {
      const [id, events] = [freshStream(), [anEvent({ deep: nested(MAXIMUM_DEPTH - 1) })]]
      await succeeds(store.append(appendTo(id, 0, events)))
      await holds(store, id, events)
    },
    'takes an event of exactly the largest size': async ({ store }) => {
      // 8 for the data, 4 for its key, 8 for the empty metadata: see jsonSize.
      const events = [anEvent({ text: 'x'.repeat(1_048_576 - 20) })]
      const id = freshStream()
      await succeeds(store.append(appendTo(id, 0, events)))
      await holds(store, id, events)
    },
    'does not let data reach into the objects of the reader': async ({ store }) => {
      const id = freshStream()
      await succeeds(store.append(appendTo(id, 0, [anEvent({ inner: ownProto })])))
      const [stored] = await eventsOf(store, id)
      const inner = stored?.data['inner']
      assert.ok(typeof inner === 'object' && inner !== null && !('polluted' in inner))
      assert.ok(Object.hasOwn(inner, '__proto__') && !('polluted' in {}))
    },
  },
}
