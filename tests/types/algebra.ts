import type { Either } from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { expectTypeOf } from 'expect-type'
import { type Decider } from 'reprise'
import type { EventCodec } from 'reprise/codec'
import {
  combine,
  combineEventCodecs,
  combineProcesses,
  sideBySide,
  drive,
  type Driven,
  type DrivenDecider,
  filterCommand,
  guardTerminal,
  type KeyedCommand,
  type KeyedEvent,
  type KeyedRejection,
  many,
  manyBy,
  type ManyCommand,
  type ManyRejection,
  mapCommand,
  mapEvent,
  mapRejection,
  mapState,
  neutral,
  type Process,
  type StepLimitReached,
  type Terminated,
  toReducer,
  type View,
} from 'reprise/algebra'

interface Open {
  readonly type: 'Open'
}
interface Start {
  readonly type: 'Start'
}
interface Opened {
  readonly type: 'Opened'
}
interface Started {
  readonly type: 'Started'
}
interface Account {
  readonly balance: number
}
interface Transfer {
  readonly stage: string
}
interface Missing {
  readonly _tag: 'Missing'
}
interface Late {
  readonly _tag: 'Late'
}

declare const account: Decider<Open, Account, Opened, Missing>
declare const transfer: Decider<Start, Transfer, Started, Late>

// The types of a combination are read from its parts, and are those that one would write by hand.
const bank = combine({ account, transfer })
expectTypeOf(bank).toEqualTypeOf<
  Decider<
    KeyedCommand<{ account: Open; transfer: Start }>,
    { account: Account; transfer: Transfer },
    KeyedEvent<{ account: Opened; transfer: Started }>,
    KeyedRejection<{ account: Missing; transfer: Late }>
  >
>()
expectTypeOf<Parameters<typeof bank.decide>[0]>().toEqualTypeOf<
  | { readonly key: 'account'; readonly command: Open }
  | { readonly key: 'transfer'; readonly command: Start }
>()
expectTypeOf<Parameters<typeof bank.evolve>[1]>().toEqualTypeOf<
  | { readonly key: 'account'; readonly event: Opened }
  | { readonly key: 'transfer'; readonly event: Started }
>()
expectTypeOf(bank.initialState.transfer.stage).toBeString()
expectTypeOf<ReturnType<typeof bank.decide>>().toExtend<
  Either<KeyedRejection<{ account: Missing; transfer: Late }>, unknown>
>()

// A case that is missing does not compile, and neither does a command for another part.
export const nameOf = (command: Parameters<typeof bank.decide>[0]): string => {
  switch (command.key) {
    case 'account':
      return command.command.type
    case 'transfer':
      return command.command.type
  }
}
// @ts-expect-error: the case of a transfer is missing
export const incomplete = (command: Parameters<typeof bank.decide>[0]): string => {
  // eslint-disable-next-line @typescript-eslint/switch-exhaustiveness-check -- that it is missing is the point
  switch (command.key) {
    case 'account':
      return command.command.type
  }
}
// @ts-expect-error: an account starts nothing
void bank.decide({ key: 'account', command: { type: 'Start' } }, bank.initialState)
// @ts-expect-error: there is no such part
void bank.decide({ key: 'loan', command: { type: 'Open' } }, bank.initialState)
// @ts-expect-error: the key contains the separator
combine({ 'account/old': account })
// @ts-expect-error: the key is empty
combine({ '': account })
declare const unseen: Record<string, typeof account>
// @ts-expect-error: keys that the compiler cannot see are for `many`
combine(unseen)
// @ts-expect-error: the key contains the separator
combineEventCodecs({ 'a/b': {} as EventCodec<Opened> })

expectTypeOf(combine({ account, none: neutral }).initialState.account).toEqualTypeOf<Account>()

// Nothing is annotated in a pipe but what nobody could know.
const mapped = pipe(
  account,
  mapCommand((_: number): Open => ({ type: 'Open' })),
  mapRejection(({ _tag }) => _tag),
  mapEvent({
    wrap: (event) => ({ seen: event }),
    unwrap: ({ seen }: { seen: Opened }) => seen,
  }),
  mapState({
    wrap: ({ balance }) => balance,
    unwrap: (balance: number) => ({ balance }),
  }),
)
expectTypeOf(mapped).toEqualTypeOf<Decider<number, number, { seen: Opened }, 'Missing'>>()

const filtered = pipe(
  account,
  filterCommand((command: Open | Start) => (command.type === 'Open' ? command : undefined)),
)
expectTypeOf(filtered).toEqualTypeOf<Decider<Open | Start, Account, Opened, Missing>>()

expectTypeOf(guardTerminal(account)).toEqualTypeOf<
  Decider<Open, Account, Opened, Missing | Terminated>
>()
const accounts = pipe(account, guardTerminal, many)
expectTypeOf(accounts.decide).parameter(0).toEqualTypeOf<ManyCommand<Open>>()
const byType = pipe(account, manyBy({ command: ({ type }) => type, event: ({ type }) => type }))
expectTypeOf(byType).toEqualTypeOf<
  Decider<Open, Readonly<Record<string, Account>>, Opened, Missing>
>()
expectTypeOf(toReducer(account)).parameter(1).toEqualTypeOf<Open>()

// Views and processes: the events that they share are read from them too.
declare const opened: View<number, Opened>
expectTypeOf(sideBySide({ opened, account })).toEqualTypeOf<
  View<{ opened: number; account: Account }, Opened>
>()
declare const copy: Process<Opened, Open, string>
const processes = combineProcesses({ one: copy, two: copy })
expectTypeOf(processes).toEqualTypeOf<Process<Opened, Open, { one: string; two: string }>>()
expectTypeOf(pipe(account, drive(copy))).toEqualTypeOf<
  DrivenDecider<Open, Driven<string, Account>, Opened, Missing | StepLimitReached>
>()
// @ts-expect-error: this process asks for commands that a transfer does not take
void pipe(transfer, drive(copy))

// One switch on the path tells all reasons apart, and knows their data.
interface Low {
  readonly _tag: 'Low'
  readonly balance: number
}
declare const purse: Decider<Open, Account, Opened, Low | Missing>
const nested = combine({ purses: combine({ many: pipe(purse, many) }), transfer })
export const refusalText = (
  rejection: KeyedRejection<{
    purses: KeyedRejection<{ many: ManyRejection<Low | Missing> }>
    transfer: Late
  }>,
): string | number => {
  switch (rejection._tag) {
    case 'purses/many/Low':
      return rejection.rejection.rejection.rejection.balance
    case 'purses/many/Missing':
      return rejection.rejection.rejection.key
    case 'transfer/Late':
      return rejection.rejection._tag
  }
}
expectTypeOf(nested.decide).returns.toExtend<
  Either<Parameters<typeof refusalText>[0], ReadonlyArray<unknown>>
>()
