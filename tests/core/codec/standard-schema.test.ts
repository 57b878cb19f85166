import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import * as v from 'valibot'
import { z } from 'zod'
import { commands, events } from 'reprise'
import {
  fromSchema,
  optional,
  refined,
  type Schema,
  type StandardSchema,
  stateCodec,
} from 'reprise/codec'
import { checkDecider, checkEventShapes } from 'reprise/testing'
import fc from 'fast-check'
import { codecOf } from '../../../src/core/codec/schema'
import { issuesOf } from '../../../src/core/issue'
import { rightOf } from '../../support/right'

const TRANSFORMED =
  'its schema would read another value than the one that is stored: a schema of stored data must give what it is given'
const ASYNCHRONOUS = 'its schema is asynchronous: only synchronous ones can be used here'

/** The event `Noted` with one field, as it is written. */
const write = (schema: Schema, value: unknown) => {
  const codec = events({ Noted: { value: schema } })
  return codec.encode({ type: 'Noted', value } as never)
}
const stored = (data: object) => E.right({ type: 'Noted', schemaVersion: 1, data })

/** A schema that counts how often it is called. */
const counting = (read: (value: unknown) => unknown = (value) => value) => {
  let calls = 0
  const schema: StandardSchema<unknown> = {
    '~standard': {
      version: 1,
      vendor: 'counting',
      validate: (value) => {
        calls += 1
        return { value: read(value) }
      },
    },
  }
  /** Since the last time it was asked. */
  const called = (): number => {
    const before = calls
    calls = 0
    return before
  }
  return { schema, called }
}

describe('a schema is called', () => {
  it.each([['a'], [7], [true], [null]])('once to write %p, and once to read it', (value) => {
    const { schema, called } = counting()
    const codec = events({ Noted: { value: schema, more: t.string } })
    called()
    const data = rightOf(codec.encode({ type: 'Noted', value, more: 'b' }))
    expect(called()).toBe(1)
    rightOf(codec.decode(data))
    expect(called()).toBe(1)
  })

  it('once to validate a command', () => {
    const { schema, called } = counting()
    const codec = commands({ Note: { value: schema } })
    called()
    rightOf(codec.decode({ type: 'Note', value: 'a' }))
    expect(called()).toBe(1)
  })

  it.each([
    ['a record, alone or with others', (schema: Schema) => ({ value: schema, more: t.string })],
    ['a whole event', (schema: Schema) => schema],
  ])('twice to write %s: for the event, and for what is stored', (_, declared) => {
    const { schema, called } = counting((value) => ({ ...(value as object) }))
    const codec = events({ Noted: declared(schema) as never })
    called()
    rightOf(codec.encode({ type: 'Noted', value: { a: 1 }, more: 'b' } as never))
    expect(called()).toBe(2)
  })

  it('and an event of the wrong type beside it is not stored', () => {
    const { schema } = counting((value) => ({ ...(value as object) }))
    const Cents = new t.Type<number, string>(
      'Cents',
      t.number.is,
      (value) => t.success(Number(value)),
      String,
    )
    const codec = events({ Paid: { amount: Cents, note: schema, more: optional(t.string) } })
    const paid = { type: 'Paid', amount: 5, note: { a: 1 } } as const
    expect(rightOf(codec.encode(paid)).data).toEqual({ amount: '5', note: { a: 1 } })
    for (const wrong of [{ amount: '5' }, { amount: undefined }]) {
      expect(E.isLeft(codec.encode({ ...paid, ...wrong } as never))).toBe(true)
    }
    expect(E.isLeft(codec.encode({ type: 'Paid', note: { a: 1 } } as never))).toBe(true)
  })
})

describe.each<
  readonly [string, Record<'text' | 'number' | 'list' | 'missing' | 'trimmed', Schema>]
>([
  [
    'zod',
    {
      text: z.string(),
      number: z.number(),
      list: z.object({ tags: z.array(z.string()) }),
      missing: z.string().optional(),
      trimmed: z.string().trim(),
    },
  ],
  [
    'valibot',
    {
      text: v.string(),
      number: v.number(),
      list: v.object({ tags: v.array(v.string()) }),
      missing: v.optional(v.string()),
      trimmed: v.pipe(v.string(), v.trim()),
    },
  ],
])('a schema of %s', (vendor, { text, number, list, missing, trimmed }) => {
  it('validates a field, and names the path in it', () => {
    const codec = events({ Noted: { text, list } })
    const event = { type: 'Noted', text: 'a', list: { tags: ['b'] } } as const
    const data = rightOf(codec.encode(event))
    expect(data.data).toEqual({ text: 'a', list: { tags: ['b'] } })
    expect(codec.decode(data)).toEqual(E.right(event))
    const wrong = codec.decode({ ...data, data: { text: 7, list: { tags: ['b', 7] } } })
    expect(E.isLeft(wrong) && wrong.left.map(({ path }) => path)).toEqual(['text', 'list.tags.1'])
  })

  it('stores a normalised value, and reads that', () => {
    expect(write(trimmed, ' Ada ')).toEqual(stored({ value: 'Ada' }))
  })

  it('normalises beside fields that may be missing', () => {
    const codec = events({ Noted: { name: trimmed, note: optional(trimmed), more: missing } })
    const written = codec.encode({ type: 'Noted', name: ' Ada ', note: ' x' } as never)
    expect(written).toEqual(stored({ name: 'Ada', note: 'x' }))
    expect(codec.decode({ type: 'Noted', schemaVersion: 1, data: { name: ' Bob' } })).toEqual(
      E.right({ type: 'Noted', name: 'Bob' }),
    )
  })

  it('may stand in refined and in optional', () => {
    const even = refined('Even', number, (n) => Number(n) % 2 === 0)
    expect(write(even, 2)).toEqual(stored({ value: 2 }))
    expect(write(even, 3)).toEqual(E.left([{ path: 'value', message: 'expected Even, got 3' }]))
    const codec = events({ Noted: { value: optional(number) } })
    expect(codec.encode({ type: 'Noted' })).toEqual(stored({}))
  })

  it('makes a field optional where it accepts undefined', () => {
    expect(write(missing, undefined)).toEqual(stored({}))
    const codec = events({ Noted: { value: missing } })
    const read = codec.decode({ type: 'Noted', schemaVersion: 1, data: {} })
    expect(read).toEqual(E.right({ type: 'Noted' }))
  })

  it('is known by the name of its library, or by the one that it was given', () => {
    expect(codecOf(text).name).toBe(vendor)
    const named = fromSchema(text as StandardSchema<unknown>, 'Text')
    expect(named.name).toBe('Text')
  })

  it('validates a state', () => {
    const codec = stateCodec(1, list)
    expect(codec.decode(rightOf(codec.encode({ tags: ['a'] })))).toEqual(E.right({ tags: ['a'] }))
    expect(codec.decode({ tags: [1] })).toMatchObject({ left: [{ path: 'tags.0' }] })
  })
})

describe('a schema of a whole message', () => {
  const Tagged = z.object({ type: z.literal('Tagged'), tags: z.array(z.string()) })

  it('reads and writes it, and removes what it does not know', () => {
    const codec = events({ Tagged })
    const event = { type: 'Tagged' as const, tags: ['a'] }
    expect(codec.encode({ ...event, more: 1 } as typeof event)).toMatchObject({
      right: { data: { tags: ['a'] } },
    })
    expect(codec.decode({ type: 'Tagged', schemaVersion: 1, data: { tags: [1] } })).toMatchObject({
      left: [{ path: 'tags.0' }],
    })
    expect(codec.decode({ type: 'Tagged', schemaVersion: 1, data: { tags: ['a'] } })).toEqual(
      E.right(event),
    )
  })

  it('validates a command', () => {
    const codec = commands({ Tagged })
    expect(codec.decode({ type: 'Tagged', tags: [] })).toEqual(
      E.right({ type: 'Tagged', tags: [] }),
    )
    expect(codec.decode({ type: 'Tagged' })).toMatchObject({ left: [{ path: 'tags' }] })
  })
})

describe('a schema that transforms', () => {
  it('may turn what comes from outside into something else, for a command', () => {
    const codec = commands({ Order: { at: z.coerce.date(), n: z.string().transform(Number) } })
    expect(codec.decode({ type: 'Order', at: '2026-11-27T00:00:00.000Z', n: '5' })).toEqual(
      E.right({ type: 'Order', at: new Date('2026-11-27T00:00:00.000Z'), n: 5 }),
    )
  })

  it('is refused where its value would be read as another one', () => {
    const next = z.number().transform((n) => n + 1)
    expect(write(next, 1)).toEqual(E.left([{ path: 'value', message: TRANSFORMED }]))
    const grow = v.pipe(
      v.object({ n: v.number() }),
      v.transform(({ n }) => ({ n: n * 2 })),
    )
    expect(write(grow, { n: 1 })).toEqual(E.left([{ path: 'value', message: TRANSFORMED }]))
    const whole = z.object({ type: z.literal('Grown'), n: next })
    expect(events({ Grown: whole }).encode({ type: 'Grown', n: 1 })).toEqual(
      E.left([{ path: '', message: TRANSFORMED }]),
    )
  })

  it('is refused in a state and in a stored command, too', () => {
    const n = z.number().transform((value) => value + 1)
    const issues = E.left([{ path: 'n', message: TRANSFORMED }])
    expect(stateCodec(1, { n }).encode({ n: 1 })).toEqual(issues)
    expect(commands({ Count: { n } }).encode({ type: 'Count', n: 1 })).toEqual(issues)
    expect(stateCodec(1, n).encode(1)).toEqual(E.left([{ path: '', message: TRANSFORMED }]))
  })

  it('is refused where its value is not JSON', () => {
    expect(write(z.coerce.date(), new Date())).toEqual(
      E.left([{ path: 'value', message: 'not a plain object: encode it with a codec' }]),
    )
    expect(write(z.bigint(), 5n)).toMatchObject({ left: [{ path: 'value' }] })
    const parsed = z.string().transform(Number)
    expect(write(parsed, 5)).toMatchObject({ left: [{ path: 'value' }] })
    expect(write(parsed, '5')).toMatchObject({ left: [{ path: 'value' }] })
    expect(fromSchema(parsed).is('5')).toBe(false)
    const ever = z.string().transform((text) => text.length) // what it gives, it does not take again
    expect(fromSchema(ever).is('abc')).toBe(false)
    expect(fromSchema(z.string()).is(5)).toBe(false)
  })

  it('fills in a default, which is what is stored', () => {
    const Sized = z.object({ size: z.number().default(1), note: z.string().optional() })
    expect(write(Sized, { note: undefined })).toEqual(stored({ value: { size: 1 } }))
    const codec = events({ Noted: { value: z.number().default(7) } })
    expect(codec.decode({ type: 'Noted', schemaVersion: 1, data: {} })).toEqual(
      E.right({ type: 'Noted', value: 7 }),
    )
  })
})

describe('a schema that is asynchronous', () => {
  it.each<readonly [string, Schema]>([
    ['zod', z.string().refine(async () => true)],
    [
      'valibot',
      v.pipeAsync(
        v.string(),
        v.checkAsync(async () => true),
      ),
    ],
    ['one that is rejected', failing(() => Promise.reject(new Error('down')))],
  ])('is refused with an issue that says so: %s', async (_, schema) => {
    expect(write(schema, 'a')).toEqual(E.left([{ path: 'value', message: ASYNCHRONOUS }]))
    const codec = commands({ Note: { value: schema } })
    expect(codec.decode({ type: 'Note', value: 'a' })).toEqual(
      E.left([{ path: 'value', message: ASYNCHRONOUS }]),
    )
    await new Promise((resolve) => setImmediate(resolve)) // an unhandled rejection would end the run
  })
})

function failing(answer: () => Promise<never>): StandardSchema<string> {
  return { '~standard': { version: 1, vendor: 'none', validate: answer } }
}

describe('any other library that implements the standard', () => {
  const callable = Object.assign((_: unknown) => undefined, {
    '~standard': {
      version: 1 as const,
      vendor: 'callable',
      validate: (value: unknown) =>
        value === 'a' ? { value } : { issues: [{ message: 'is no a', path: ['x', { key: 0 }] }] },
    },
  })

  it('may be a function, and name a path by keys or by segments', () => {
    expect(write(callable, 'a')).toEqual(stored({ value: 'a' }))
    expect(write(callable, 'b')).toEqual(E.left([{ path: 'value.x.0', message: 'is no a' }]))
    const decoded = fromSchema(callable).decode('b')
    expect(E.isLeft(decoded) && issuesOf(decoded.left)).toEqual([
      { path: 'x.0', message: 'is no a' },
    ])
  })

  it('is not mistaken for a record of fields', () => {
    expect(commands({ Note: { validate: callable, name: callable } }).shape).toBeDefined()
    expect(
      commands({ Note: { validate: callable, name: callable } }).decode({
        type: 'Note',
        validate: 'a',
        name: 'a',
      }),
    ).toEqual(E.right({ type: 'Note', validate: 'a', name: 'a' }))
  })
})

describe('the kits of reprise/testing', () => {
  const Email = fromSchema(z.email(), 'Email')
  const codec = events({ Registered: { email: Email } })

  it('take an arbitrary under the name of a schema, and say so without one', () => {
    const decider = {
      initialState: 0,
      decide: ({ email }: { readonly type: 'Register'; readonly email: string }) =>
        E.right([{ type: 'Registered' as const, email }]),
      evolve: (count: number) => count + 1,
    }
    const codecs = { commands: commands({ Register: { email: Email } }), events: codec }
    const without = checkDecider({ decider, codecs, runs: 10 })
    expect(JSON.stringify(without)).toContain('give an arbitrary under that name')
    const arbitraries = { Email: fc.constantFrom('ada@example.org', 'bob@example.org') }
    const report = checkDecider({ decider, codecs, arbitraries, runs: 10 })
    expect(report.results.filter(({ _tag }) => _tag === 'Broken')).toEqual([])
    expect(report.results.some(({ _tag }) => _tag === 'Held')).toBe(true)
  })

  it('describe the shape of a schema by its name', () => {
    expect(checkEventShapes(codec, 'there-is-no-such-file.json').shapes['Registered']).toEqual({
      1: { type: { literal: 'Registered' }, email: 'Email' },
    })
  })
})

it('io-ts codecs are what they were', () => {
  expect(write(t.string, 'a')).toEqual(stored({ value: 'a' }))
})
