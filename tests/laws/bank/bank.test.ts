import * as E from 'fp-ts/Either'
import fc from 'fast-check'
import { accountsAndTransfers, bankOf } from '../../../examples/bank/transfer/bank'
import { Cents } from '../../../examples/bank/transfer/cents'
import {
  type BankCommand,
  type BankEvent,
  transferProcess,
} from '../../../examples/bank/transfer/process'
import { transfer as transferDecider } from '../../../examples/bank/transfer/decider'
import * as words from '../../../examples/bank/transfer/words'
import { commandCodec, eventCodec, eventType, reactTo, replay, run } from '../../../src/index'
import { assertLaws, checkDecider } from '../../../src/testing'
import { account } from './account'

const bank = bankOf(account)
const parts = accountsAndTransfers(account)
type State = typeof bank.initialState

const accountId = fc.constantFrom('A', 'B', 'C')
const amount = fc.integer({ min: 1, max: 60 }).filter(Cents.is)

const onAccount = (
  key: string,
  command: Extract<BankCommand, { key: 'accounts' }>['command']['command']['command'],
): BankCommand => ({ key: 'accounts', command: { key, command: { transferId: null, command } } })

const start = fc
  .record({ id: fc.constantFrom('T1', 'T2', 'T3', 'T4'), from: accountId, to: accountId, amount })
  .map(({ id, ...details }): BankCommand => ({
    key: 'transfers',
    command: { key: id, command: { type: 'StartTransfer', ...details } },
  }))

const commands: fc.Arbitrary<BankCommand> = fc.oneof(
  accountId.map((id) => onAccount(id, { type: 'OpenAccount', owner: 'Ada' })),
  fc
    .tuple(accountId, amount)
    .map(([id, cents]) => onAccount(id, { type: 'DepositMoney', amount: cents })),
  start,
)

const balances = ({ decider }: State): number =>
  Object.values(decider.accounts).reduce((sum, { balance }) => sum + balance, 0)

/** Money that has left an account, and has not reached one. */
const underWay = ({ process }: State): number =>
  Object.values(process)
    .filter(({ next }) => next === 'deposit' || next === 'refund')
    .reduce((sum, { amount: cents }) => sum + cents, 0)

const money = (state: State): number => balances(state) + underWay(state)

/** Every list of events that a shell may have stored when it stops while it carries out `command`. */
const failurePoints = (
  from: State,
  command: BankCommand,
): ReadonlyArray<ReadonlyArray<BankEvent>> => {
  const waiting = [command]
  const stored: Array<BankEvent> = []
  const points: Array<ReadonlyArray<BankEvent>> = []
  let state = from
  for (const next of waiting) {
    const decision = parts.decide(next, state.decider)
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

describe('a transfer', () => {
  it('keeps the laws of a decider, with everything made up from its codecs', () => {
    const codecs = {
      commands: commandCodec<words.TransferCommand>({
        StartTransfer: words.StartTransfer,
        CompleteTransfer: words.CompleteTransfer,
        FailTransfer: words.FailTransfer,
      }),
      events: eventCodec<words.TransferEvent>({
        TransferStarted: eventType(words.TransferStarted),
        BookingRefused: eventType(words.BookingRefused),
        TransferCompleted: eventType(words.TransferCompleted),
        TransferFailed: eventType(words.TransferFailed),
      }),
    }
    assertLaws(checkDecider({ decider: transferDecider, codecs, idempotent: () => true }))
  }, 60_000)
})

describe('the bank, composed of accounts, transfers and a process', () => {
  it('keeps the laws of a decider', () => {
    assertLaws(checkDecider({ decider: bank, commands }))
  }, 60_000)

  it('has all the money in accounts, and no transfer under way, after every command', () => {
    fc.assert(
      fc.property(fc.array(commands, { maxLength: 15 }), (sent) => {
        const { state, events } = run(bank, sent)
        const deposited = events.reduce((sum, { key, event }) => {
          const isOurs = key === 'accounts' && event.event.transferId === null
          return isOurs && event.event.event.type === 'MoneyDeposited'
            ? sum + event.event.event.amount
            : sum
        }, 0)
        expect(balances(state)).toBe(deposited)
        expect(state.process).toEqual({})
      }),
      { numRuns: 1_000 },
    )
  })

  it('conserves money at every failure point, and settles when it is resumed', () => {
    fc.assert(
      fc.property(fc.array(commands, { maxLength: 10 }), start, (sent, transfer) => {
        const { state: before, events } = run(bank, sent)
        for (const stored of failurePoints(before, transfer)) {
          const stopped = replay(bank, [...events, ...stored])
          expect(money(stopped)).toBe(money(before))
          const resumed = bank.resume(stopped)
          if (E.isLeft(resumed)) throw new Error('resuming must not be rejected')
          const settled = resumed.right.reduce(bank.evolve, stopped)
          expect(settled.process).toEqual({})
          expect(balances(settled)).toBe(balances(before))
        }
      }),
      { numRuns: 1_000 },
    )
  })

  const [opened, other] = [
    onAccount('A', { type: 'OpenAccount', owner: 'Ada' }),
    onAccount('B', { type: 'OpenAccount', owner: 'Bob' }),
  ]
  const cents = (value: number): Cents => {
    if (!Cents.is(value)) throw new Error('not an amount')
    return value
  }
  const filled = onAccount('A', { type: 'DepositMoney', amount: cents(100) })
  const send = (from: string, to: string): BankCommand => ({
    key: 'transfers',
    command: { key: 'T1', command: { type: 'StartTransfer', from, to, amount: cents(40) } },
  })

  it.each([
    ['moves money', [opened, other, filled, send('A', 'B')], 'completed', { A: 60, B: 40 }],
    [
      'gives money back when the other account is missing',
      [opened, filled, send('A', 'B')],
      'failed',
      { A: 100 },
    ],
    ['leaves a balance that is too low', [opened, other, send('A', 'B')], 'failed', { A: 0, B: 0 }],
    ['takes nothing from a missing account', [other, send('A', 'B')], 'failed', { B: 0 }],
    ['moves money to where it is', [opened, filled, send('A', 'A')], 'completed', { A: 100 }],
  ] as const)('%s', (_, sent, outcome, expected) => {
    const { decider } = run(bank, sent).state
    expect(decider.transfers).toEqual({ T1: outcome })
    const left = Object.entries(decider.accounts).map(([id, { balance }]) => [id, balance])
    expect(Object.fromEntries(left)).toEqual(expected)
  })
})
