import { expectTypeOf } from 'expect-type'
import { type CommandResult, openTogether, type TogetherError } from 'reprise'
import { memory } from 'reprise/memory'
import {
  account,
  type BalanceTooLow,
  card,
  type CardBlocked,
  deposit,
  useCard,
} from '../support/bank'

const bank = openTogether({ accounts: account, cards: card }, memory())

// Each command under the key of its category, and no other.
void bank.handleCommands({ accounts: [['A1', deposit(1)]], cards: [['C1', useCard]] })
void bank.handleCommands({ accounts: [['A1', deposit(1), { expectedVersion: 'mustExist' }]] })
// @ts-expect-error -- a command of another category
void bank.handleCommands({ cards: [['C1', deposit(1)]] })
// @ts-expect-error -- a category that is not there
void bank.handleCommands({ banks: [] })
// @ts-expect-error -- several streams are never appended to blindly
void bank.handleCommands({ accounts: [['A1', deposit(1), { expectedVersion: 'any' }]] })
// @ts-expect-error -- a pin belongs to one command
void bank.handleCommands({ accounts: [['A1', deposit(1)]] }, { expectedVersion: 1 })

type Answer = Awaited<ReturnType<ReturnType<typeof bank.handleCommands>>>
type Results = Extract<Answer, { _tag: 'Right' }>['right']
type Failure = Extract<Answer, { _tag: 'Left' }>['left']

expectTypeOf<Results['accounts']>().toExtend<
  ReadonlyArray<CommandResult<{ readonly balance: number }, unknown>>
>()
expectTypeOf<Results['cards']>().toExtend<
  ReadonlyArray<CommandResult<{ readonly blocked: boolean }, { readonly type: 'Blocked' }>>
>()
expectTypeOf<Failure>().toEqualTypeOf<
  TogetherError<{ readonly accounts: BalanceTooLow; readonly cards: CardBlocked }>
>()

// The key says whose rejection it is.
type Rejection<Key> = Extract<Failure, { _tag: 'Rejected'; key: Key }>['rejection']
expectTypeOf<Rejection<'accounts'>>().toEqualTypeOf<BalanceTooLow>()
expectTypeOf<Rejection<'cards'>>().toEqualTypeOf<CardBlocked>()
