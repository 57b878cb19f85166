import { expectTypeOf } from 'expect-type'
import * as t from 'io-ts'
import * as v from 'valibot'
import { z } from 'zod'
import {
  accept,
  type Category,
  type CommandOf,
  commands,
  type Decider,
  type EventOf,
  events,
  everyNEvents,
  reject,
} from 'reprise'
import {
  type EventCodec,
  mergeEventCodecs,
  NonEmptyText,
  optional,
  refined,
  stateCodec,
  type StateCodec,
  WholeNumber,
  withUpcasters,
} from 'reprise/codec'

// The union is the one that one would write by hand.
const cardEvents = events({
  Issued: { amount: WholeNumber },
  Redeemed: withUpcasters({ amount: WholeNumber, note: optional(t.string) }, [(data) => data]),
  Closed: {},
})
type CardEvent =
  | { readonly type: 'Issued'; readonly amount: number }
  | { readonly type: 'Redeemed'; readonly amount: number; readonly note?: string }
  | { readonly type: 'Closed' }
expectTypeOf<EventOf<typeof cardEvents>>().toEqualTypeOf<CardEvent>()
expectTypeOf(cardEvents).toEqualTypeOf<EventCodec<CardEvent>>()

const cardCommands = commands({ Issue: { amount: WholeNumber }, Close: {} })
type CardCommand = { readonly type: 'Issue'; readonly amount: number } | { readonly type: 'Close' }
expectTypeOf<CommandOf<typeof cardCommands>>().toEqualTypeOf<CardCommand>()

// A codec of the whole, a brand, and other schemas.
const Whole = t.strict({ type: t.literal('Whole'), id: t.string })
const mixed = events({
  Whole,
  Int: { value: t.Int },
  Zod: { email: z.email(), age: z.number().optional() },
  Valibot: { tags: v.array(v.string()), maybe: optional(v.boolean()) },
  ZodWhole: z.object({ type: z.literal('ZodWhole'), n: z.number() }),
})
type Mixed = EventOf<typeof mixed>
type Named<Name> = Extract<Mixed, { readonly type: Name }>
expectTypeOf<Named<'Whole'>>().toEqualTypeOf<t.TypeOf<typeof Whole>>()
expectTypeOf<Named<'Int'>>().toEqualTypeOf<{ readonly type: 'Int'; readonly value: t.Int }>()
expectTypeOf<Named<'Zod'>>().toEqualTypeOf<{
  readonly type: 'Zod'
  readonly email: string
  readonly age?: number | undefined
}>()
expectTypeOf<Named<'Valibot'>>().toEqualTypeOf<{
  readonly type: 'Valibot'
  readonly tags: string[]
  readonly maybe?: boolean
}>()
expectTypeOf<Named<'ZodWhole'>>().toEqualTypeOf<{ type: 'ZodWhole'; n: number }>()

// What is declared elsewhere is checked.
export const known: EventCodec<CardEvent> = cardEvents
// @ts-expect-error: an event is missing
export const short: EventCodec<CardEvent> = events({ Issued: { amount: WholeNumber }, Closed: {} })
// @ts-expect-error: the type of the codec is another one
events({ Other: Whole })
// @ts-expect-error: the type of the schema is another one
events({ Other: z.object({ type: z.literal('ZodWhole') }) })
// @ts-expect-error: the type of an event is its name
events({ Issued: { type: t.string } })
// @ts-expect-error: a field is a schema
events({ Issued: { amount: 5 } })
// @ts-expect-error: commands have no versions
commands({ Issue: withUpcasters({ amount: WholeNumber }, []) })

// Literals are not widened, and what is not declared does not compile.
interface Balance {
  readonly balance: number
}
type Rejection = { readonly _tag: 'Closed' } | { readonly _tag: 'TooLow'; readonly balance: number }
export const card: Decider<CardCommand, Balance, CardEvent, Rejection> = {
  initialState: { balance: 0 },
  decide: (command, { balance }) => {
    if (command.type === 'Close') return balance === 0 ? accept() : accept({ type: 'Closed' })
    if (command.amount > balance) return reject({ _tag: 'TooLow', balance })
    return accept({ type: 'Issued', amount: 1 }, { type: 'Redeemed', amount: 1, note: 'x' })
  },
  evolve: (state) => state,
}
export const wrong: Decider<CardCommand, Balance, CardEvent, Rejection> = {
  ...card,
  // @ts-expect-error: no such event
  decide: () => accept({ type: 'Lost' }),
}
export const odd: Decider<CardCommand, Balance, CardEvent, Rejection> = {
  ...card,
  // @ts-expect-error: no such reason
  decide: () => reject({ _tag: 'Lost' }),
}

// States, and all of it in a category.
const cardState = stateCodec(1, { balance: WholeNumber })
expectTypeOf(cardState).toEqualTypeOf<StateCodec<{ readonly balance: number }>>()
expectTypeOf(stateCodec(1, t.null)).toEqualTypeOf<StateCodec<null>>()
expectTypeOf(stateCodec(1, z.array(z.string()))).toEqualTypeOf<StateCodec<string[]>>()
export const cards: Category<CardCommand, Balance, CardEvent, Rejection> = {
  name: 'card',
  decider: card,
  commands: cardCommands,
  events: cardEvents,
  snapshots: { state: cardState, policy: everyNEvents(10) },
}

// The predicate of a refinement knows the value.
refined('Even', z.number(), (value) => value % 2 === 0)
refined('Short', NonEmptyText, (text) => text.length < 5)
// @ts-expect-error: a number has no length
refined('Short', WholeNumber, (text) => text.length < 5)

expectTypeOf(mergeEventCodecs(cardEvents, mixed)).toEqualTypeOf<EventCodec<CardEvent | Mixed>>()
