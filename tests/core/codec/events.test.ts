import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import { commands, type EventOf, events } from 'reprise'
import { optional, refined, stateCodec, WholeNumber, withUpcasters } from 'reprise/codec'
import { arbitraryFromCodec, checkEventShapes } from 'reprise/testing'
import fc from 'fast-check'
import { fitsReading, fitsWriting } from '../../../src/core/codec/io-ts-fast-path'
import { right, rightOf } from '../../support/right'

const Moved = t.refinement(
  t.strict({ type: t.literal('Moved'), from: t.number, to: t.number }),
  ({ from, to }) => from !== to,
  'Moved',
)

const codec = events({
  Booked: { seats: WholeNumber, note: optional(t.string) },
  Priced: withUpcasters({ cents: t.number, currency: t.string }, [
    ({ euros }) => ({ cents: Number(euros) * 100 }),
    (data) => ({ ...data, currency: 'EUR' }),
  ]),
  Moved,
  Closed: {},
})
type Event = EventOf<typeof codec>

const encoded = (event: unknown) => codec.encode(event as Event)

describe('events', () => {
  it('stores the fields of an event without its type, and reads them back', () => {
    const event: Event = { type: 'Booked', seats: 4, note: 'window' }
    const stored = encoded(event)
    expect(stored).toEqual(
      E.right({ type: 'Booked', schemaVersion: 1, data: { seats: 4, note: 'window' } }),
    )
    expect(codec.decode(rightOf(stored))).toEqual(E.right(event))
    expect(encoded({ type: 'Closed' })).toEqual(
      E.right({ type: 'Closed', schemaVersion: 1, data: {} }),
    )
  })

  it('takes an event without an optional field, and does not store one that is undefined', () => {
    const stored = E.right({ type: 'Booked', schemaVersion: 1, data: { seats: 4 } })
    expect(encoded({ type: 'Booked', seats: 4 })).toEqual(stored)
    expect(encoded({ type: 'Booked', seats: 4, note: undefined })).toEqual(stored)
    const { event } = rightOf(codec.roundTrip!({ type: 'Booked', seats: 4 }))
    expect(Object.keys(event)).toEqual(['type', 'seats'])
  })

  it('counts a field whose codec accepts undefined as optional', () => {
    const named = events({ Named: { name: t.union([t.string, t.undefined]) } })
    const stored = { type: 'Named', schemaVersion: 1, data: {} }
    expect(named.encode({ type: 'Named', name: undefined })).toEqual(E.right(stored))
    expect(named.decode(stored)).toEqual(E.right({ type: 'Named' }))
  })

  it('does not store what is not declared, and does not read it', () => {
    expect(encoded({ type: 'Closed', by: 'Ada' })).toMatchObject({ right: { data: {} } })
    expect(codec.decode({ type: 'Closed', schemaVersion: 1, data: { by: 'Ada' } })).toEqual(
      E.right({ type: 'Closed' }),
    )
  })

  it('names the path of every wrong field, as it is called', () => {
    expect(encoded({ type: 'Booked', seats: -1, note: 7 })).toEqual(
      E.left([
        { path: 'seats', message: 'expected WholeNumber, got -1' },
        { path: 'note', message: 'expected string, got 7' },
      ]),
    )
    expect(codec.decode({ type: 'Booked', schemaVersion: 1, data: { note: 7 } })).toEqual(
      E.left([
        { path: 'seats', message: 'expected WholeNumber, got undefined' },
        { path: 'note', message: 'expected string, got 7' },
      ]),
    )
  })

  it('reads events of older schema versions through their upcasters', () => {
    expect(codec.schemaVersions).toEqual({ Booked: 1, Priced: 3, Moved: 1, Closed: 1 })
    expect(codec.decode({ type: 'Priced', schemaVersion: 1, data: { euros: 5 } })).toEqual(
      E.right({ type: 'Priced', cents: 500, currency: 'EUR' }),
    )
  })

  it('takes a codec of the whole event', () => {
    expect(encoded({ type: 'Moved', from: 1, to: 2 })).toMatchObject({ right: { type: 'Moved' } })
    expect(encoded({ type: 'Moved', from: 1, to: 1 })).toMatchObject({ left: [{ path: '' }] })
  })

  it('takes the fast path for fields, like an io-ts record that is written by hand', () => {
    const { Booked, Priced } = codec.shapes!
    for (const [shape, event] of [
      [Booked!, { type: 'Booked', seats: 1 }],
      [Booked!, { type: 'Booked', seats: 1, note: 'x' }],
      [Priced!, { type: 'Priced', cents: 1, currency: 'EUR' }],
    ] as const) {
      expect(fitsReading(shape)(event)).toBe(true)
      expect(fitsWriting(shape)(event)).toBe(true)
    }
  })

  it('gives arbitraries: every generated event is stored and read back', () => {
    for (const shape of Object.values(codec.shapes!)) {
      const arbitrary = rightOf(arbitraryFromCodec(shape))
      fc.assert(
        fc.property(arbitrary, (event) => {
          expect(codec.decode(rightOf(codec.encode(event)))).toEqual(E.right(event))
        }),
        { numRuns: 50 },
      )
    }
  })

  it('describes its shapes as those of an io-ts record that is written by hand', () => {
    const { shapes } = checkEventShapes(codec, 'there-is-no-such-file.json')
    expect(shapes['Booked']).toEqual({
      1: {
        type: { literal: 'Booked' },
        seats: { is: 'WholeNumber', of: 'number' },
        'note?': 'string',
      },
    })
  })

  it('keeps fields that are called like the parts of a declaration apart from them', () => {
    const odd = events({
      Odd: {
        shape: t.string,
        upcasters: t.number,
        name: t.string,
        validate: t.string,
        _tag: t.string,
      },
    })
    const event = {
      type: 'Odd',
      shape: 's',
      upcasters: 1,
      name: 'n',
      validate: 'v',
      _tag: 'UpcastShape',
    } as const
    expect(odd.decode(rightOf(odd.encode(event)))).toEqual(E.right(event))
  })

  it('contains a predicate that throws, as any codec does', () => {
    const broken = refined('Broken', t.string, () => {
      throw new Error('no')
    })
    const always = refined('Always', t.unknown, () => {
      throw new Error('no')
    })
    expect(() => events({ Broken: { text: broken, always } })).not.toThrow()
  })
})

describe('commands', () => {
  const orders = commands({ Book: { seats: WholeNumber, note: optional(t.string) }, Close: {} })

  it('validates a command, and removes what is not declared', () => {
    expect(orders.decode({ type: 'Book', seats: 2, colour: 'red' })).toEqual(
      E.right({ type: 'Book', seats: 2 }),
    )
    expect(orders.decode({ type: 'Book', seats: 'two' })).toEqual(
      E.left([{ path: 'seats', message: 'expected WholeNumber, got "two"' }]),
    )
    expect(orders.decode({ type: 'Burn' })).toMatchObject({
      left: [{ path: 'type', message: expect.stringContaining('known types: Book, Close') }],
    })
  })

  it('stores a command without an optional field that is undefined', () => {
    const command = { type: 'Book', seats: 2, note: undefined } as unknown as { type: 'Close' }
    expect(orders.encode(command)).toEqual(E.right({ type: 'Book', seats: 2 }))
  })

  it('has one codec of all commands, for the law kit', async () => {
    expect(orders.shape?.is({ type: 'Close' })).toBe(true)
    expect(await right(async () => arbitraryFromCodec(orders.shape!))).toBeDefined()
  })
})

describe('stateCodec', () => {
  it('takes the fields of a state', () => {
    const codecOfState = stateCodec(3, { balance: t.number, owner: optional(t.string) })
    expect(codecOfState.schemaVersion).toBe(3)
    expect(codecOfState.encode({ balance: 1 })).toEqual(E.right({ balance: 1 }))
    const missing = { balance: 1, owner: undefined } as unknown as { balance: number }
    expect(codecOfState.encode(missing)).toEqual(E.right({ balance: 1 }))
    expect(codecOfState.decode({ balance: 'x' })).toEqual(
      E.left([{ path: 'balance', message: 'expected number, got "x"' }]),
    )
  })
})
