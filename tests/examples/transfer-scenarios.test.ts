import * as TE from 'fp-ts/TaskEither'
import { openCategory } from 'reprise'
import { type StoredEvent } from 'reprise/adapter'
import { accounts } from '../../examples/bank/account/category'
import { LARGEST_BALANCE } from '../../examples/bank/account/cents'
import { depositMoney, openAccount, withdrawMoney } from '../../examples/bank/account/commands'
import type { Carrier, Office } from '../../examples/bank/office'
import type { Running } from '../../examples/bank/running'
import { eventually } from '../support/eventually'
import { type BankUnderTest, banks } from '../support/premises'
import { right } from '../support/right'

describe.each(banks)('transfers on %s', (_name, openBank) => {
  let bank: BankUnderTest
  let office: Office
  let manager: Running
  const start = async (carry?: Carrier) => {
    bank = await openBank()
    office = await bank.open()
    manager = office.moveMoney(carry)
  }
  afterEach(async () => {
    await manager.stop()
    await office.close()
    await bank.close()
  })

  const open = async (balances: Readonly<Record<string, number>>) => {
    const desk = openCategory(accounts, bank)
    for (const [id, balance] of Object.entries(balances)) {
      await right(desk.handleCommand(id, openAccount(id)))
      if (balance > 0) await right(desk.handleCommand(id, depositMoney(balance)))
    }
  }
  const transfer = (id: string, from: string, to: string, amount: number) =>
    office.transfer(id, { from, to, amount: amount })
  const balances = async (position: number, ...ids: ReadonlyArray<string>) => {
    const found = await Promise.all(ids.map((id) => office.balance(id, position)))
    return Object.fromEntries(ids.map((id, index) => [id, found[index]]))
  }
  const events = async (): Promise<ReadonlyArray<StoredEvent>> =>
    (await right(bank.store.readAll({ after: 0, limit: 1_000 }))).events
  const told = async () => (await events()).map(({ streamId, type }) => `${streamId} ${type}`)
  const atRest = () => eventually(async () => (await office.unanswered()) === 0)

  it('takes the money out of one account and puts it into the other', async () => {
    await start()
    await open({ A: 100, B: 5 })
    await transfer('T1', 'A', 'B', 30)
    const end = await office.ended('T1')

    expect(await balances(end, 'A', 'B')).toEqual({ A: 70, B: 35 })
    expect(await office.status('T1', end)).toEqual({
      from: 'A',
      to: 'B',
      amount: 30,
      status: 'completed',
      reason: '',
    })
    expect((await told()).slice(-4)).toEqual([
      'transfer-T1 TransferStarted',
      'account-A MoneyWithdrawn',
      'account-B MoneyDeposited',
      'transfer-T1 TransferCompleted',
    ])
  })

  it.each([
    ['there is not enough money', { A: 29, B: 5 }, 'BalanceTooLow'],
    ['the source is missing', { B: 5 }, 'AccountMissing'],
  ])('fails and moves nothing when %s', async (_case, before, reason) => {
    await start()
    await open(before)
    await transfer('T1', 'A', 'B', 30)
    const end = await office.ended('T1')

    expect(await balances(end, 'A', 'B')).toEqual({ A: undefined, ...before })
    expect(await office.status('T1', end)).toMatchObject({ status: 'failed', reason })
    expect((await told()).slice(-3)).toEqual([
      'transfer-T1 TransferStarted',
      'transfer-T1 BookingRefused',
      'transfer-T1 TransferFailed',
    ])
  })

  it('gives the money back and fails when the destination is missing', async () => {
    await start()
    await open({ A: 100 })
    await transfer('T1', 'A', 'B', 30)
    const end = await office.ended('T1')

    expect(await balances(end, 'A', 'B')).toEqual({ A: 100, B: undefined })
    expect(await office.status('T1', end)).toMatchObject({
      status: 'failed',
      reason: 'AccountMissing',
    })
    expect((await told()).slice(-5)).toEqual([
      'transfer-T1 TransferStarted',
      'account-A MoneyWithdrawn',
      'transfer-T1 BookingRefused',
      'account-A MoneyDeposited',
      'transfer-T1 TransferFailed',
    ])
  })

  it('owes money that cannot be given back, and gives it back when there is room for it', async () => {
    const carry: Carrier = (dispatch) => (sent, options) => async () => {
      if (sent.key === 'accounts' && sent.command.key === 'nobody') {
        const desk = openCategory(accounts, bank)
        await right(desk.handleCommand('A', depositMoney(LARGEST_BALANCE)))
      }
      return dispatch(sent, options)()
    }
    await start(carry)
    await open({ A: 100 })
    const begun = await transfer('T1', 'A', 'nobody', 100)
    await eventually(
      async () => (await told()).filter((text) => text.endsWith('BookingRefused')).length === 2,
    )
    await eventually(async () => (await bank.timers()).includes('owed'))
    expect(await office.unfinished()).toEqual(['T1'])
    expect(await office.status('T1', begun)).toMatchObject({ status: 'running' })

    const desk = openCategory(accounts, bank)
    await right(desk.handleCommand('A', withdrawMoney(LARGEST_BALANCE)))
    await bank.timePasses()
    const end = await office.ended('T1')
    expect(await office.status('T1', end)).toMatchObject({ status: 'failed' })
    expect(await balances(end, 'A')).toEqual({ A: 100 })
    await atRest()
    expect(await bank.timers()).toEqual([])
  })

  it('completes four of five concurrent transfers of 24 from 100, and nothing is half-done', async () => {
    await start()
    await open({ A: 100, B: 0 })
    const ids = ['T1', 'T2', 'T3', 'T4', 'T5']
    await Promise.all(ids.map((id) => transfer(id, 'A', 'B', 24)))
    const end = Math.max(...(await Promise.all(ids.map(office.ended))))
    await atRest()

    expect(await balances(end, 'A', 'B')).toEqual({ A: 4, B: 96 })
    const ended = await Promise.all(ids.map((id) => office.status(id, end)))
    expect(ended.map((status) => status?.status).toSorted()).toEqual([
      'completed',
      'completed',
      'completed',
      'completed',
      'failed',
    ])
    const bookings = (await events()).filter(({ data }) => data['transferId'] !== undefined)
    const count = (type: string) => bookings.filter((event) => event.type === type).length
    expect([count('MoneyWithdrawn'), count('MoneyDeposited')]).toEqual([4, 4])
  })

  it('conserves money when transfers go round in a circle', async () => {
    await start()
    await open({ A: 50, B: 50, C: 50 })
    const circle = ['A', 'B', 'C', 'nobody']
    const ids = Array.from({ length: 16 }, (_, number) => `T${number}`)
    await Promise.all(
      ids.map((id, number) => {
        const [from = '', to = ''] = [circle[number % 4], circle[(number + 1) % 4]]
        return transfer(id, from, to, 7 + number)
      }),
    )
    const end = Math.max(...(await Promise.all(ids.map(office.ended))))
    await atRest()

    const { A = 0, B = 0, C = 0 } = await balances(end, 'A', 'B', 'C')
    expect(A + B + C).toBe(150)
  })

  it.each([
    ['before the deposit is sent', false],
    ['when the deposit was made but its answer is lost', true],
  ])('continues where the process manager was stopped: %s', async (_case, made) => {
    const gone = new AbortController()
    const carry: Carrier = (dispatch) => (sent, options) => async () => {
      const isDeposit =
        sent.key === 'accounts' && sent.command.command.command.type === 'DepositMoney'
      if (!isDeposit) return dispatch(sent, options)()
      if (made) await dispatch(sent, options)()
      gone.abort()
      return TE.left('the connection is gone')()
    }
    await start(carry)
    await open({ A: 100, B: 0 })
    const begun = await transfer('T1', 'A', 'B', 30)
    await eventually(() => gone.signal.aborted)
    await manager.stop()

    expect(await office.status('T1', begun)).toMatchObject({ status: 'running' })
    const half = (await events()).at(-1)?.position ?? 0
    expect(await balances(half, 'A', 'B')).toEqual({ A: 70, B: made ? 30 : 0 })
    expect(await office.unanswered()).toBeGreaterThan(0)

    manager = office.moveMoney()
    const end = await office.ended('T1')
    await atRest()
    expect(await balances(end, 'A', 'B')).toEqual({ A: 70, B: 30 })
    expect((await told()).filter((text) => text === 'account-B MoneyDeposited')).toHaveLength(1)
  })

  it('moves the money once when two instances of the process manager run', async () => {
    await start()
    const second = await bank.open()
    const other = second.moveMoney()
    await open({ A: 100, B: 0 })
    const ids = ['T1', 'T2', 'T3', 'T4']
    await Promise.all(ids.map((id) => transfer(id, 'A', 'B', 10)))
    const end = Math.max(...(await Promise.all(ids.map(office.ended))))
    expect(await balances(end, 'A', 'B')).toEqual({ A: 60, B: 40 })
    await other.stop()
    await second.close()
  })

  it('leaves the streams of accounts readable for a desk that knows nothing of transfers', async () => {
    await start()
    await open({ A: 100, B: 0 })
    await transfer('T1', 'A', 'B', 30)
    await office.ended('T1')
    const desk = openCategory(accounts, bank)
    expect(await right(desk.load('A'))).toMatchObject({ version: 3, state: { balance: 70 } })
    expect(await right(desk.handleCommand('B', depositMoney(1)))).toMatchObject({
      version: 3,
      state: { balance: 31 },
    })
  })
})
