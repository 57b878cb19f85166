import * as E from 'fp-ts/Either'
import { specification } from 'reprise/testing'
import { LARGEST_BALANCE } from '../../examples/bank/account/cents'
import {
  accountCommands,
  depositMoney,
  openAccount,
  withdrawMoney,
} from '../../examples/bank/account/commands'
import { account } from '../../examples/bank/account/decider'
import { type AccountEvent, accountEvents } from '../../examples/bank/account/events'
import { accountStates } from '../../examples/bank/account/state'

const { given } = specification(account)
const opened: AccountEvent = { type: 'AccountOpened', owner: 'Ada' }
const moneyDeposited = (amount: number): AccountEvent => ({ type: 'MoneyDeposited', amount })
const moneyWithdrawn = (amount: number): AccountEvent => ({ type: 'MoneyWithdrawn', amount })
const [ten, fifty, hundred] = [10_00, 50_00, 100_00]

describe('account: OpenAccount', () => {
  it('opens an account that was never opened', () => {
    given().when(openAccount('Ada')).thenRecords(opened)
    given().when(openAccount('Ada')).thenStateIs({ isOpen: true, owner: 'Ada', balance: 0 })
  })

  it('rejects a second opening, also by the same owner', () => {
    given(opened).when(openAccount('Ada')).thenRejects({ _tag: 'AlreadyOpen' })
  })
})

describe('account: DepositMoney', () => {
  it('adds the amount to the balance', () => {
    given(opened, moneyDeposited(ten)).when(depositMoney(fifty)).thenRecords(moneyDeposited(fifty))
    given(opened, moneyDeposited(ten))
      .when(depositMoney(fifty))
      .thenStateIs({ isOpen: true, owner: 'Ada', balance: 60_00 })
  })

  it('rejects a deposit into a missing account', () => {
    given().when(depositMoney(ten)).thenRejects({ _tag: 'AccountMissing' })
  })

  it('fills an account up to the largest exact number, and rejects one cent more', () => {
    const almostAll = moneyDeposited(LARGEST_BALANCE - 1)
    given(opened, almostAll).when(depositMoney(1)).thenRecords(moneyDeposited(1))
    given(opened, almostAll, moneyDeposited(1))
      .when(depositMoney(1))
      .thenRejects({ _tag: 'BalanceTooHigh', balance: LARGEST_BALANCE, most: LARGEST_BALANCE })
  })
})

describe('account: WithdrawMoney', () => {
  it('takes the amount from the balance, down to nothing', () => {
    given(opened, moneyDeposited(fifty))
      .when(withdrawMoney(fifty))
      .thenRecords(moneyWithdrawn(fifty))
    given(opened, moneyDeposited(fifty), moneyWithdrawn(fifty)).thenStateIs({
      isOpen: true,
      owner: 'Ada',
      balance: 0,
    })
  })

  it('rejects a withdrawal from a missing account', () => {
    given().when(withdrawMoney(ten)).thenRejects({ _tag: 'AccountMissing' })
  })

  it('rejects an amount above the balance, and says what was there and what was needed', () => {
    given(opened, moneyDeposited(fifty))
      .when(withdrawMoney(hundred))
      .thenRejects({ _tag: 'BalanceTooLow', balance: 50_00, needed: 100_00 })
  })
})

describe('the codec of account commands', () => {
  it.each([0, -5, NaN, Infinity, 1.5, 2 ** 53, '10', 'ten', null, undefined, 10n])(
    'rejects the amount %p, and names the path',
    (amount) => {
      for (const type of ['DepositMoney', 'WithdrawMoney']) {
        expect(accountCommands.decode({ type, amount })).toMatchObject({
          left: [{ path: 'amount', message: expect.stringContaining('expected Cents') as string }],
        })
      }
    },
  )

  it('takes the smallest and the largest amount', () => {
    for (const amount of [1, LARGEST_BALANCE]) {
      const command = { type: 'DepositMoney', amount }
      expect(accountCommands.decode(command)).toEqual(E.right(command))
    }
  })

  it('rejects an owner that is no text, and a command that it does not know', () => {
    expect(accountCommands.decode({ type: 'OpenAccount', owner: 7 })).toMatchObject({
      left: [{ path: 'owner' }],
    })
    expect(accountCommands.decode({ type: 'CloseAccount' })).toMatchObject({
      left: [{ path: 'type' }],
    })
  })
})

describe('the codecs of account events and states', () => {
  it.each([opened, moneyDeposited(ten), moneyWithdrawn(ten)])(
    'gives back %j as it was',
    (event) => {
      const encoded = accountEvents.encode(event)
      expect(E.isRight(encoded) && accountEvents.decode(encoded.right)).toEqual(E.right(event))
    },
  )

  it('gives back a state as it was', () => {
    const state = { isOpen: true, owner: 'Ada', balance: 10_00 }
    const encoded = accountStates.encode(state)
    expect(E.isRight(encoded) && accountStates.decode(encoded.right)).toEqual(E.right(state))
  })
})
