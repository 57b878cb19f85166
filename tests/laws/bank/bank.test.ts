import fc from 'fast-check'
import { replay } from 'reprise'
import { runCommands, runCommandsFrom } from 'reprise/algebra'
import { assertLaws, checkDecider } from 'reprise/testing'
import { depositMoney, openAccount } from '../../../examples/bank/account/commands'
import { bank } from '../../../examples/bank/transfer/bank'
import { bankEvents, bankStates } from '../../../examples/bank/transfer/category'
import { bankCommands, transferStates } from '../../../examples/bank/transfer/codecs'
import { transfer as transferDecider } from '../../../examples/bank/transfer/decider'
import type { BankCommand } from '../../../examples/bank/transfer/process'
import {
  type TransferCommand,
  transferCommands,
  transferEvents,
} from '../../../examples/bank/transfer/messages'
import {
  balances,
  commands,
  deposited,
  failurePoints,
  fill,
  money,
  onAccount,
  resume,
  start,
} from './money'

describe('a transfer', () => {
  it('keeps the laws of a decider, with everything made up from its codecs', () => {
    const codecs = { commands: transferCommands, events: transferEvents, state: transferStates }
    // A second refusal is a second fact: of the deposit, and then of the refund. Its command id tells them apart.
    const idempotent = ({ type }: TransferCommand) => type !== 'RefuseBooking'
    assertLaws(checkDecider({ decider: transferDecider, codecs, idempotent }))
  }, 60_000)
})

describe('the bank, composed of accounts, transfers and a process', () => {
  it('keeps the laws of a decider, also with its combined codecs', () => {
    const codecs = { commands: bankCommands, events: bankEvents, state: bankStates }
    const report = checkDecider({ decider: bank, commands, codecs })
    assertLaws(report)
    const unchecked = report.results.filter(({ _tag }) => _tag === 'NotChecked')
    expect(unchecked.map(({ law }) => law)).toEqual([
      'idempotent',
      'upcasting a chain equals one jump',
    ])
  }, 60_000)

  it('has all the money in accounts, and no transfer under way, after every command', () => {
    fc.assert(
      fc.property(fc.array(commands, { maxLength: 15 }), (sent) => {
        const { state, events } = runCommands(bank, sent)
        expect(balances(state)).toBe(deposited(events))
        expect(state.process).toEqual({})
      }),
      { numRuns: 1_000 },
    )
  })

  it('conserves money at every failure point, and settles when it is resumed', () => {
    fc.assert(
      fc.property(fc.array(commands, { maxLength: 10 }), start, (sent, transfer) => {
        const { state: before, events } = runCommands(bank, sent)
        for (const stored of failurePoints(before, transfer)) {
          const stopped = replay(bank, [...events, ...stored])
          expect(money(stopped)).toBe(money(before))
          const settled = resume(stopped)
          expect(settled.process).toEqual({})
          expect(balances(settled)).toBe(balances(before))
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('forgets no money that cannot be given back, because the account has been filled meanwhile', () => {
    const some = fc.subarray(['A', 'B', 'C'])
    let owed = 0
    fc.assert(
      fc.property(fc.array(commands, { maxLength: 10 }), start, some, (sent, transfer, full) => {
        const { state: before, events } = runCommands(bank, sent)
        for (const stored of failurePoints(before, transfer)) {
          const stopped = replay(bank, [...events, ...stored])
          const filled = runCommandsFrom(bank, stopped, fill(stopped, full))
          const settled = resume(filled.state)
          expect(money(settled)).toBe(money(before) + deposited(filled.events))
          const left = Object.values(settled.process)
          expect(left.every(({ next }) => next === 'owed')).toBe(true)
          owed += left.length
        }
      }),
      { numRuns: 1_000 },
    )
    expect(owed).toBeGreaterThan(0)
  })

  const [opened, other] = [onAccount('A', openAccount('Ada')), onAccount('B', openAccount('Bob'))]
  const filled = onAccount('A', depositMoney(100))
  const send = (from: string, to: string): BankCommand => ({
    key: 'transfers',
    command: { key: 'T1', command: { type: 'StartTransfer', from, to, amount: 40 } },
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
    const { decider } = runCommands(bank, sent).state
    expect(decider.transfers).toEqual({ T1: outcome })
    const left = Object.entries(decider.accounts).map(([id, { balance }]) => [id, balance])
    expect(Object.fromEntries(left)).toEqual(expected)
  })
})
