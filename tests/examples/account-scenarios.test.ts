import * as E from 'fp-ts/Either'
import { openCategory } from 'reprise'
import { type EventStore } from 'reprise/adapter'
import { accounts } from '../../examples/bank/account/category'
import { depositMoney, openAccount, withdrawMoney } from '../../examples/bank/account/commands'
import { stores } from '../support/stores'

describe.each(stores)('accounts on %s', (_name, open) => {
  let store: EventStore
  let close: () => Promise<void>
  beforeAll(async () => {
    ;({ store, close } = await open())
  })
  afterAll(() => close())

  /** A process of its own: it knows nothing of what the others have in memory. */
  const openDesk = () => openCategory(accounts, { store })

  const eventTypes = async (id: string): Promise<ReadonlyArray<string>> => {
    const page = await store.read(`account-${id}`, { after: 0, limit: 100 })()
    return E.isRight(page) ? page.right.events.map(({ type }) => type) : ['unreadable']
  }

  it('keeps what was opened, deposited and withdrawn, for every other process', async () => {
    const desk = openDesk()
    await desk.handleCommand('A1', openAccount('Ada'))()
    await desk.handleCommand('A1', depositMoney(100_00))()
    const answer = await desk.handleCommand('A1', withdrawMoney(30_00))()

    const state = { isOpen: true, owner: 'Ada', balance: 70_00 }
    expect(answer).toMatchObject({
      right: {
        version: 3,
        state,
        events: [{ streamId: 'account-A1', version: 3, event: { type: 'MoneyWithdrawn' } }],
      },
    })
    expect(await openDesk().load('A1')()).toEqual(E.right({ state, version: 3 }))
    expect(await eventTypes('A1')).toEqual(['AccountOpened', 'MoneyDeposited', 'MoneyWithdrawn'])
  })

  it('rejects to open an account twice, also when two processes open it at once', async () => {
    const answers = await Promise.all(
      [openDesk(), openDesk()].map((desk) => desk.handleCommand('A2', openAccount('Bob'))()),
    )
    expect(answers.filter(E.isRight)).toHaveLength(1)
    expect(answers.find(E.isLeft)).toMatchObject({
      left: { _tag: 'Rejected', version: 1, rejection: { _tag: 'AlreadyOpen' } },
    })
    expect(await eventTypes('A2')).toEqual(['AccountOpened'])
  })

  it('rejects deposits and withdrawals for an account that is missing, and creates nothing', async () => {
    for (const command of [depositMoney(10), withdrawMoney(10)]) {
      expect(await openDesk().handleCommand('A3', command)()).toMatchObject({
        left: { _tag: 'Rejected', version: 0, rejection: { _tag: 'AccountMissing' } },
      })
    }
    expect(await eventTypes('A3')).toEqual([])
  })

  it('rejects a withdrawal above the balance, and leaves the account as it was', async () => {
    const desk = openDesk()
    await desk.handleCommand('A4', openAccount('Dora'))()
    await desk.handleCommand('A4', depositMoney(50))()
    expect(await desk.handleCommand('A4', withdrawMoney(51))()).toMatchObject({
      left: {
        _tag: 'Rejected',
        version: 2,
        rejection: { _tag: 'BalanceTooLow', balance: 50, needed: 51 },
      },
    })
    expect(await openDesk().load('A4')()).toMatchObject({ right: { state: { balance: 50 } } })
  })

  it.each([0, -5, NaN, 1.5, 'ten'])('rejects the amount %p before it reads', async (amount) => {
    const blind: EventStore = {
      ...store,
      load: () => () => Promise.reject(new Error('the store was read')),
    }
    const desk = openCategory(accounts, { store: blind })
    for (const command of [depositMoney, withdrawMoney]) {
      expect(await desk.handleCommand('A4', command(amount as number))()).toMatchObject({
        left: { _tag: 'InvalidCommand', issues: [{ path: 'amount' }] },
      })
    }
  })

  it('pays out 24 from 100 four times when five processes withdraw at once', async () => {
    const desk = openDesk()
    await desk.handleCommand('A5', openAccount('Emil'))()
    await desk.handleCommand('A5', depositMoney(100))()
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => openDesk().handleCommand('A5', withdrawMoney(24))()),
    )
    expect(answers.filter(E.isRight)).toHaveLength(4)
    expect(answers.find(E.isLeft)).toMatchObject({
      left: { rejection: { _tag: 'BalanceTooLow', balance: 4, needed: 24 } },
    })
    expect(await desk.load('A5')()).toMatchObject({ right: { version: 6, state: { balance: 4 } } })
  })

  it('pays out 24 from 100 four times when one process receives five withdrawals at once', async () => {
    const desk = openDesk()
    await desk.handleCommand('A6', openAccount('Emil'))()
    await desk.handleCommand('A6', depositMoney(100))()
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => desk.handleCommand('A6', withdrawMoney(24))()),
    )
    expect(answers.map(E.isRight)).toEqual([true, true, true, true, false])
    expect(await eventTypes('A6')).toHaveLength(6)
  })
})
