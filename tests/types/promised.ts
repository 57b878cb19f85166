import { expectTypeOf } from 'expect-type'
import type { Kysely, Transaction } from 'kysely'
import {
  type CommandOptions,
  type CommandResult,
  type HandleError,
  type LoadError,
  type OpenCategory,
  openCategory,
  openTogether,
  promised,
  type PromisedResult,
  type TogetherError,
  type Versioned,
} from 'reprise'
import type { SnapshotImpossible, VersionNotReached } from 'reprise/adapter'
import { memory } from 'reprise/memory'
import { postgres } from 'reprise/postgres'
import {
  account,
  type BalanceTooLow,
  card,
  type CardBlocked,
  deposit,
  useCard,
} from '../support/bank'
import { add, type BelowZero, counter, type CounterState } from '../support/counter'

type Refused = { readonly _tag: 'Refused' }
declare const category: OpenCategory<'go', number, 'gone', Refused>

const door = promised(category)
type Handled = Promise<PromisedResult<HandleError<Refused>, CommandResult<number, 'gone'>>>
type Loaded<Failure> = Promise<PromisedResult<Failure, Versioned<number>>>

expectTypeOf(door.handleCommand).toEqualTypeOf<
  (id: string, command: 'go', options?: CommandOptions) => Handled
>()
expectTypeOf(door.handle).toEqualTypeOf<
  (id: string, body: unknown, options?: CommandOptions) => Handled
>()
expectTypeOf(door.load).toEqualTypeOf<(id: string) => Loaded<LoadError>>()
expectTypeOf(door.cached).toEqualTypeOf<(id: string) => Loaded<LoadError>>()
expectTypeOf(door.replayTo).returns.toEqualTypeOf<Loaded<LoadError | VersionNotReached>>()
expectTypeOf(door.asOf).returns.toEqualTypeOf<Loaded<LoadError>>()
expectTypeOf(door.snapshot).returns.toEqualTypeOf<Loaded<LoadError | SnapshotImpossible>>()
expectTypeOf(door.newId).toEqualTypeOf<() => string>()
expectTypeOf(door.snapshotsSettled).toEqualTypeOf<() => Promise<void>>()
expectTypeOf<keyof typeof door>().toEqualTypeOf<keyof typeof category>()

// A result is known by `ok`.
export const stateOf = async (): Promise<number | Refused | string> => {
  const result = await door.handleCommand('A', 'go')
  if (result.ok) return result.state
  return result.error._tag === 'Rejected' ? result.error.rejection : result.error.message
}
// @ts-expect-error: another command
void door.handleCommand('A', 'stop')

// Inside a transaction of the caller's, typed by the caller's database.
interface Shop {
  readonly mails: { readonly id: string }
}
declare const db: Kysely<Shop>
declare const transaction: Transaction<Shop>
declare const other: Transaction<{ readonly letters: { readonly id: number } }>

const counters = promised(openCategory(counter, postgres(db)))
const inside = counters.inTransaction(transaction)
expectTypeOf(inside).toEqualTypeOf(
  promised(openCategory(counter, postgres(db)).inTransaction(transaction)),
)
expectTypeOf<keyof typeof inside>().toEqualTypeOf<'handleCommand' | 'load'>()
expectTypeOf(inside.load).returns.toEqualTypeOf<
  Promise<PromisedResult<LoadError, Versioned<CounterState>>>
>()
type Added = Extract<Awaited<ReturnType<typeof inside.handleCommand>>, { ok: false }>['error']
expectTypeOf<Added>().toEqualTypeOf<HandleError<BelowZero>>()
void inside.handleCommand('A', add(1))
// @ts-expect-error -- a transaction of another database
counters.inTransaction(other)
// @ts-expect-error -- what stays in memory has no transactions of its caller's
export const none = promised(openCategory(counter, memory())).inTransaction

// Several categories at once: the results are beside `ok`.
const bank = promised(openTogether({ accounts: account, cards: card }, memory()))
export const together = async (): Promise<number | BalanceTooLow | CardBlocked | string> => {
  const done = await bank.handleCommands({
    accounts: [['A1', deposit(1)]],
    cards: [['C1', useCard]],
  })
  if (done.ok) return done.accounts[0]?.state.balance ?? 0
  expectTypeOf(done.error).toEqualTypeOf<
    TogetherError<{ readonly accounts: BalanceTooLow; readonly cards: CardBlocked }>
  >()
  return done.error._tag === 'Rejected' ? done.error.rejection : done.error.message
}
// @ts-expect-error -- a command of another category
void bank.handleCommands({ cards: [['C1', deposit(1)]] })
// @ts-expect-error -- the results of a category called so would be lost
promised(openTogether({ ok: account }, memory()))
