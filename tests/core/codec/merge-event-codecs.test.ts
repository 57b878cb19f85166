import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import { events } from 'reprise'
import { manyEventCodec } from 'reprise/algebra'
import { mergeEventCodecs, withUpcasters } from 'reprise/codec'
import { rightOf } from '../../support/right'

const orders = events({ Placed: { item: t.string }, Cancelled: {} })
const stock = events({ Reserved: withUpcasters({ orderId: t.string }, [(data) => data]) })
const both = mergeEventCodecs(orders, stock)

describe('mergeEventCodecs', () => {
  it('reads and writes the events of every codec, at their schema versions', () => {
    expect(both.schemaVersions).toEqual({ Placed: 1, Cancelled: 1, Reserved: 2 })
    for (const event of [
      { type: 'Placed', item: 'lamp' },
      { type: 'Cancelled' },
      { type: 'Reserved', orderId: '1' },
    ] as const) {
      expect(both.typeOf(event)).toBe(event.type)
      expect(both.decode(rightOf(both.encode(event)))).toEqual(E.right(event))
    }
    expect(Object.keys(both.shapes ?? {})).toEqual(['Placed', 'Cancelled', 'Reserved'])
  })

  it('reads events that have no type of their own, like those of many', () => {
    const mixed = mergeEventCodecs(manyEventCodec(stock), orders)
    const event = { key: 'lamp', event: { type: 'Reserved', orderId: '1' } } as const
    expect(mixed.decode(rightOf(mixed.encode(event)))).toEqual(E.right(event))
    const plain = { type: 'Placed', item: 'lamp' } as const
    expect(mixed.decode(rightOf(mixed.encode(plain)))).toEqual(E.right(plain))
  })

  it('names the types that it knows when it meets another one', () => {
    const message = 'unknown event type "Lost"; known types: Placed, Cancelled, Reserved'
    expect(both.decode({ type: 'Lost', schemaVersion: 1, data: {} })).toEqual(
      E.left([{ path: 'type', message }]),
    )
    const unknown = { type: 'toString' } as unknown as { readonly type: 'Cancelled' }
    expect(both.encode(unknown)).toMatchObject({ left: [{ path: 'type' }] })
    expect(both.typeOf(unknown)).toBe('an object')
  })

  it('says that a type is known to two codecs, and still receives its events', () => {
    const parcels = events({ Cancelled: { reason: t.string } })
    const ambiguous = mergeEventCodecs(orders, parcels)
    const issues = [
      { path: 'type', message: 'two of the merged codecs know the event type "Cancelled"' },
    ]
    expect(Object.keys(ambiguous.schemaVersions)).toContain('Cancelled')
    expect(ambiguous.decode({ type: 'Cancelled', schemaVersion: 1, data: {} })).toEqual(
      E.left(issues),
    )
    expect(ambiguous.encode({ type: 'Cancelled' })).toEqual(E.left(issues))
  })

  it('passes over a codec that cannot name the event of another', () => {
    const picky = {
      ...stock,
      typeOf: ({ orderId }: { readonly orderId: string }) =>
        orderId.length > 0 ? 'Reserved' : 'None',
    }
    const event = { type: 'Cancelled' } as const
    const mixed = mergeEventCodecs(picky, orders)
    expect(mixed.typeOf(event)).toBe('Cancelled')
    expect(mixed.decode(rightOf(mixed.encode(event)))).toEqual(E.right(event))
  })

  it('takes the same codec twice as one', () => {
    const twice = mergeEventCodecs(orders, orders)
    expect(twice.encode({ type: 'Cancelled' })).toMatchObject({ right: { type: 'Cancelled' } })
  })

  it('has no shapes if one of its codecs has none', () => {
    const { shapes: _, ...opaque } = stock
    expect(mergeEventCodecs(orders, opaque).shapes).toBeUndefined()
  })
})
