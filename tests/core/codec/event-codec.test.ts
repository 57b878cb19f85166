import fc from 'fast-check'
import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import { eventCodec, eventType, type Upcaster } from '../../../src/core/codec/event-codec'
import type { JsonObject } from '../../../src/core/json'
import { events } from 'reprise'
import { inheriting } from '../../support/inheriting'

const Opened = t.strict({ type: t.literal('Opened'), owner: t.string })
const Deposited = t.strict({ type: t.literal('Deposited'), cents: t.number, currency: t.string })
type Event = t.TypeOf<typeof Opened> | t.TypeOf<typeof Deposited>

// Version 1 had `amount` in whole euros, version 2 had `cents`, version 3 says the currency as well.
const toCents: Upcaster = ({ amount, ...rest }) => ({ ...rest, cents: Number(amount) * 100 })
const toCurrency: Upcaster = (data) => ({ ...data, currency: 'EUR' })

const codec = eventCodec<Event>({
  Opened: eventType(Opened),
  Deposited: eventType(Deposited, [toCents, toCurrency]),
})

const deposited = (schemaVersion: number, data: JsonObject) =>
  codec.decode({ type: 'Deposited', schemaVersion, data })

describe('eventCodec', () => {
  it('writes the data without its type, at the newest schema version', () => {
    expect(codec.encode({ type: 'Opened', owner: 'Ada' })).toEqual(
      E.right({ type: 'Opened', schemaVersion: 1, data: { owner: 'Ada' } }),
    )
    expect(codec.encode({ type: 'Deposited', cents: 5, currency: 'EUR' })).toEqual(
      E.right({ type: 'Deposited', schemaVersion: 3, data: { cents: 5, currency: 'EUR' } }),
    )
  })

  it.each([[null], [[]], [7], ['text']])('rejects stored data that is no object: %j', (data) => {
    const corrupt = data as unknown as JsonObject
    expect(codec.decode({ type: 'Opened', schemaVersion: 1, data: corrupt })).toMatchObject(
      E.left([{ path: '', message: expect.stringContaining('expected an object') }]),
    )
  })

  it('keeps a key named __proto__, there and back', () => {
    const Noted = t.intersection([t.type({ type: t.literal('Noted') }), t.UnknownRecord])
    const notes = eventCodec<t.TypeOf<typeof Noted>>({ Noted: eventType(Noted) })
    const event = JSON.parse('{"type":"Noted","__proto__":"odd"}') as t.TypeOf<typeof Noted>
    const encoded = notes.encode(event)
    expect(JSON.stringify(encoded)).toContain('"data":{"__proto__":"odd"}')
    expect(JSON.stringify(E.chain(notes.decode)(encoded))).toContain('"__proto__":"odd"')
  })

  it('passes over what every object inherits, there and back', () => {
    const event = { type: 'Opened', owner: 'Ada' } as const
    const encoded = inheriting(() => codec.encode(event))
    expect(encoded).toEqual(E.right({ type: 'Opened', schemaVersion: 1, data: { owner: 'Ada' } }))
    expect(inheriting(() => E.chain(codec.decode)(encoded))).toEqual(E.right(event))
  })

  it('knows the newest schema version of every type, and the name of an event', () => {
    expect(codec.schemaVersions).toEqual({ Opened: 1, Deposited: 3 })
    expect(codec.typeOf({ type: 'Opened', owner: 'Ada' })).toBe('Opened')
  })

  it('reads what it wrote', () => {
    const event: fc.Arbitrary<Event> = fc.oneof(
      fc.record({ type: fc.constant('Opened' as const), owner: fc.string() }),
      fc.record({
        type: fc.constant('Deposited' as const),
        cents: fc.integer(),
        currency: fc.string(),
      }),
    )
    fc.assert(
      fc.property(event, (written) => {
        const encoded = codec.encode(written)
        fc.pre(E.isRight(encoded))
        if (E.isRight(encoded)) expect(codec.decode(encoded.right)).toEqual(E.right(written))
      }),
    )
  })

  it('brings older data up to date, from whichever version', () => {
    const now = E.right({ type: 'Deposited', cents: 700, currency: 'EUR' })
    expect(deposited(1, { amount: 7 })).toEqual(now)
    expect(deposited(2, { cents: 700 })).toEqual(now)
    expect(deposited(3, { cents: 700, currency: 'EUR' })).toEqual(now)
  })

  it('upcasts a chain as it upcasts in one jump', () => {
    const jump = eventCodec<Event>({
      Opened: eventType(Opened),
      Deposited: eventType(Deposited, [(data) => toCurrency(toCents(data)), (data) => data]),
    })
    fc.assert(
      fc.property(fc.integer(), (amount) => {
        const stored = { type: 'Deposited', schemaVersion: 1, data: { amount } }
        expect(codec.decode(stored)).toEqual(jump.decode(stored))
      }),
    )
  })

  it.each([0, -1, 1.5, 4, Number.NaN])('does not read schema version %p', (schemaVersion) => {
    expect(deposited(schemaVersion, {})).toEqual(
      E.left([
        {
          path: '',
          message: `unknown schema version ${schemaVersion}; this release knows versions 1 to 3`,
        },
      ]),
    )
  })

  it('contains an upcaster that throws', () => {
    const broken = eventCodec<Event>({
      Opened: eventType(Opened, [
        () => {
          throw new Error('no owner')
        },
      ]),
      Deposited: eventType(Deposited),
    })
    expect(broken.decode({ type: 'Opened', schemaVersion: 1, data: {} })).toEqual(
      E.left([{ path: '', message: 'the upcaster from schema version 1 threw: no owner' }]),
    )
  })

  it('names the one path at which data does not fit', () => {
    expect(deposited(3, { cents: 'many', currency: 'EUR' })).toEqual(
      E.left([{ path: 'cents', message: 'expected number, got "many"' }]),
    )
  })

  it('names the types that it knows when it meets another one', () => {
    for (const type of ['Closed', 'constructor', '__proto__']) {
      expect(codec.decode({ type, schemaVersion: 1, data: {} })).toEqual(
        E.left([
          {
            path: 'type',
            message: `unknown event type "${type}"; known types: Opened, Deposited`,
          },
        ]),
      )
    }
  })

  it('takes the type under which data was stored, whatever the data says', () => {
    expect(
      codec.decode({ type: 'Opened', schemaVersion: 1, data: { type: 'Deposited', owner: 'Ada' } }),
    ).toEqual(E.right({ type: 'Opened', owner: 'Ada' }))
  })

  it('does not write an event of a type that it does not know', () => {
    const forged: Event = Object.assign(
      { type: 'Opened' as const, owner: 'Ada' },
      { type: 'Closed' },
    )
    expect(codec.encode(forged)).toMatchObject(E.left([{ path: 'type' }]))
  })

  it('does not write what is not JSON', () => {
    const event: Event = { type: 'Deposited', cents: Number.NaN, currency: 'EUR' }
    expect(codec.encode(event)).toEqual(E.left([{ path: 'cents', message: 'NaN is not JSON' }]))
  })

  it('does not write what goes in circles, and does not go round in them', () => {
    const circle: Record<string, unknown> = { list: [] }
    Object.assign(circle, { left: circle, right: circle, list: [circle, circle] })
    const anything = events({ Any: { value: t.unknown } })
    expect(anything.encode({ type: 'Any', value: circle })).toMatchObject({ _tag: 'Left' })
  })

  it('does not write what it could not read back', () => {
    const forged: Event = Object.assign({ type: 'Opened' as const, owner: 'Ada' }, { owner: 7 })
    expect(codec.encode(forged)).toEqual(
      E.left([{ path: 'owner', message: 'expected string, got 7' }]),
    )
  })

  it('does not write what its codec says it is not, even if it could read it back', () => {
    const Never = new t.Type<t.TypeOf<typeof Opened>, unknown>(
      'Never',
      (_value): _value is t.TypeOf<typeof Opened> => false,
      Opened.validate,
      Opened.encode,
    )
    const strange = eventCodec<Event>({ Opened: eventType(Never), Deposited: eventType(Deposited) })
    expect(strange.encode({ type: 'Opened', owner: 'Ada' })).toEqual(
      E.left([{ path: '', message: 'not a valid Never' }]),
    )
  })
})
