import { type EventCodec, eventCodecOf, type Upcaster } from './event-codec'
import { type Message, messageCodec, type MessageShape } from './messages'

/** An event type that has had other shapes: the current one, and the upcasters from the older ones. */
export interface UpcastShape<Shape> {
  readonly _tag: 'UpcastShape'
  readonly shape: Shape
  readonly upcasters: ReadonlyArray<Upcaster>
}

/** The declaration of one event type. */
export type EventShape<Name> = MessageShape<Name> | UpcastShape<MessageShape<Name>>

/** The union of the declared events. */
export type DeclaredEvent<Declared> = Declared extends infer Shapes
  ? {
      readonly [Name in keyof Shapes & string]: Shapes[Name] extends UpcastShape<infer Shape>
        ? Message<Name, Shape>
        : Message<Name, Shapes[Name]>
    }[keyof Shapes & string]
  : never

/**
 * The events of a codec, as a union.
 *
 * @example
 * type GiftCardEvent = EventOf<typeof giftCardEvents>
 */
export type EventOf<Codec> = Codec extends EventCodec<infer Event> ? Event : never

/**
 * An event type that has had other shapes.
 *
 * @param shape - the current one.
 * @param upcasters - from schema version 1 to 2, from 2 to 3, and so on. The current version is their number
 *   plus 1.
 *
 * @example
 * events({ PriceSet: withUpcasters({ cents: WholeNumber }, [toCents]) }) // schema version 2
 */
export const withUpcasters = <Shape>(
  shape: Shape,
  upcasters: ReadonlyArray<Upcaster>,
): UpcastShape<Shape> => ({ _tag: 'UpcastShape', shape, upcasters })

const hasUpcasters = <Name>(
  declared: EventShape<Name>,
): declared is UpcastShape<MessageShape<Name>> =>
  '_tag' in declared && declared._tag === 'UpcastShape'

/**
 * The codec of all events of a category. Each is named once, with its fields, or with a schema of the whole
 * event (its `type` included) where fields do not say enough. The stored data is the event without its
 * `type`; what is not declared is not stored.
 *
 * The functions of the codec fail with issues, which the library reports as `UndecodableEvent` and
 * `UnencodableEvent`.
 *
 * @example
 * const giftCardEvents = events({
 *   GiftCardIssued: { amount: WholeNumber },
 *   GiftCardRedeemed: withUpcasters({ amount: WholeNumber, orderId: t.string }, [addOrderId]),
 * })
 * type GiftCardEvent = EventOf<typeof giftCardEvents>
 */
export const events = <Declared extends { readonly [Name in keyof Declared]: EventShape<Name> }>(
  declared: Declared,
): EventCodec<DeclaredEvent<Declared>> => {
  const shapes: ReadonlyArray<[string, EventShape<string>]> = Object.entries(declared)
  return eventCodecOf<DeclaredEvent<Declared>>(
    new Map(
      shapes.map(([name, shape]) =>
        hasUpcasters(shape)
          ? [name, { codec: messageCodec(name, shape.shape), upcasters: shape.upcasters }]
          : [name, { codec: messageCodec(name, shape), upcasters: [] }],
      ),
    ),
  )
}
