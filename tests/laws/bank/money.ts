import * as E from 'fp-ts/Either'
import fc from 'fast-check'
import { reactTo } from 'reprise/algebra'
import { Cents, LARGEST_BALANCE } from '../../../examples/bank/account/cents'
import {
  type AccountCommand,
  depositMoney,
  openAccount,
} from '../../../examples/bank/account/commands'
import { accountsAndTransfers, bank, type BankState } from '../../../examples/bank/transfer/bank'
import {
  type BankCommand,
  type BankEvent,
  transferProcess,
} from '../../../examples/bank/transfer/process'

// What happens in a bank, made up at random, and where its money is.

const accountId = fc.constantFrom('A', 'B', 'C')
const amount = fc.integer({ min: 1, max: 60 }).filter(Cents.is)

export const onAccount = (key: string, command: AccountCommand): BankCommand => ({
  key: 'accounts',
  command: { key, command: { transferId: null, command } },
})

export const start = fc
  .record({ id: fc.constantFrom('T1', 'T2', 'T3', 'T4'), from: accountId, to: accountId, amount })
  .map(({ id, ...details }): BankCommand => ({
    key: 'transfers',
    command: { key: id, command: { type: 'StartTransfer', ...details } },
  }))

export const commands: fc.Arbitrary<BankCommand> = fc.oneof(
  accountId.map((id) => onAccount(id, openAccount('Ada'))),
  fc.tuple(accountId, amount).map(([id, cents]) => onAccount(id, depositMoney(cents))),
  start,
)

// Sums of money do not fit into a number: one account alone may hold the largest exact one.
const sum = (amounts: ReadonlyArray<number>): bigint =>
  amounts.reduce((total, each) => total + BigInt(each), 0n)

export const balances = ({ decider }: BankState): bigint =>
  sum(Object.values(decider.accounts).map(({ balance }) => balance))

/** Money that has left an account, and has not reached one. */
const underWay = ({ process }: BankState): bigint =>
  sum(
    Object.values(process)
      .filter(({ next }) => next === 'deposit' || next === 'refund' || next === 'owed')
      .map(({ amount: cents }) => cents),
  )

export const money = (state: BankState): bigint => balances(state) + underWay(state)

/** Money that came from outside. */
export const deposited = (events: ReadonlyArray<BankEvent>): bigint =>
  sum(
    events.flatMap(({ key, event }) =>
      key === 'accounts' &&
      event.event.transferId === null &&
      event.event.event.type === 'MoneyDeposited'
        ? [event.event.event.amount]
        : [],
    ),
  )

/** Every list of events that a shell may have stored when it stops while it carries out `command`. */
export const failurePoints = (
  from: BankState,
  command: BankCommand,
): ReadonlyArray<ReadonlyArray<BankEvent>> => {
  const waiting = [command]
  const stored: Array<BankEvent> = []
  const points: Array<ReadonlyArray<BankEvent>> = []
  let state = from
  for (const next of waiting) {
    const decision = accountsAndTransfers.decide(next, state.decider)
    if (E.isLeft(decision)) break
    for (const event of decision.right) {
      state = bank.evolve(state, event)
      stored.push(event)
      waiting.push(...reactTo(transferProcess, state.process, event))
    }
    points.push([...stored])
  }
  return points
}

/** Commands that leave no room in some of the accounts. */
export const fill = (
  { decider }: BankState,
  full: ReadonlyArray<string>,
): ReadonlyArray<BankCommand> =>
  full.flatMap((id) => {
    const room = LARGEST_BALANCE - (decider.accounts[id]?.balance ?? 0)
    return Cents.is(room) ? [onAccount(id, depositMoney(room))] : []
  })

export const resume = (stopped: BankState): BankState => {
  const events = bank.resume(stopped)
  if (E.isLeft(events)) throw new Error('resuming must not be rejected')
  return events.right.reduce(bank.evolve, stopped)
}
