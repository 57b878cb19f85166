import * as E from 'fp-ts/Either'
import { everyNEvents, type Notice, openCategory } from 'reprise'
import { openAccount } from '../../examples/bank/account/commands'
import { banks } from '../../examples/bank/transfer/category'
import { onAccount, settled, story, transfer } from '../support/bank-story'
import { left, right } from '../support/right'
import { freshId, stores, type StoreUnderTest } from '../support/stores'

describe.each(stores)('a combined decider on %s', (_name, open) => {
  let at: StoreUnderTest

  beforeAll(async () => {
    at = await open()
  })
  afterAll(() => at.close())

  const played = async (id: string) => {
    const bank = openCategory(banks, at)
    for (const command of story) await right(bank.handleCommand(id, command))
    return bank
  }
  const stored = async (streamId: string) =>
    (await right(at.second.read(streamId, { after: 0, limit: 100 }))).events

  it('is stored and read like any other, with every event under key/Type', async () => {
    const id = freshId()
    const bank = await played(id)
    expect(await right(bank.cached(id))).toEqual({ state: settled, version: 7 })
    const elsewhere = openCategory(banks, { store: at.second })
    expect(await right(elsewhere.load(id))).toEqual({ state: settled, version: 7 })
    expect((await right(elsewhere.replayTo(id, 3))).state.decider).toMatchObject({
      accounts: { A: { balance: 100 } },
      transfers: {},
    })

    const events = await stored(`bank-${id}`)
    expect(events.map(({ type }) => type)).toEqual([
      'accounts/AccountOpened',
      'accounts/AccountOpened',
      'accounts/MoneyDeposited',
      'transfers/TransferStarted',
      'accounts/MoneyWithdrawn',
      'accounts/MoneyDeposited',
      'transfers/TransferCompleted',
    ])
    expect(events[4]?.data).toEqual({ key: 'A', event: { amount: 40, transferId: 'T1' } })
  })

  it('is rejected by the part that says no, under its key', async () => {
    const id = freshId()
    const bank = await played(id)
    expect(await left(bank.handleCommand(id, transfer('T1', 1)))).toMatchObject({
      _tag: 'Rejected',
      message: `bank-${id} rejected the command at version 7: transfers/T1/AlreadyStarted.`,
      rejection: {
        _tag: 'transfers/AlreadyStarted',
        key: 'transfers',
        rejection: { _tag: 'AlreadyStarted', key: 'T1', rejection: { _tag: 'AlreadyStarted' } },
      },
    })
    expect(await left(bank.handleCommand(id, onAccount('A', openAccount('Eve'))))).toMatchObject({
      _tag: 'Rejected',
      rejection: { key: 'accounts', rejection: { key: 'A', rejection: { _tag: 'AlreadyOpen' } } },
    })
  })

  it('is read from its snapshot, which no event before it is needed for', async () => {
    const id = freshId()
    const bank = await played(id)
    expect(await right(bank.snapshot(id))).toEqual({ state: settled, version: 7 })
    await right(bank.handleCommand(id, transfer('T2', 60)))

    const events: Array<number> = []
    const store: typeof at.second = {
      ...at.second,
      load: (request) => async () => {
        const loaded = await at.second.load(request)()
        if (E.isRight(loaded)) events.push(loaded.right.events.length)
        return loaded
      },
    }
    const notices: Array<Notice> = []
    const fresh = openCategory(banks, { store }, { onNotice: (notice) => notices.push(notice) })
    expect((await right(fresh.load(id))).state.decider.accounts).toMatchObject({
      A: { balance: 0 },
      B: { balance: 100 },
    })
    expect(events).toEqual([4])
    expect(notices).toEqual([])
  })

  it('takes snapshots by its policy, and replays without them to the same state', async () => {
    const id = freshId()
    const often = { ...banks, snapshots: { ...banks.snapshots!, policy: everyNEvents(2) } }
    const bank = openCategory(often, at)
    for (const command of story) await right(bank.handleCommand(id, command))
    await bank.snapshotsSettled()
    const { snapshots: _snapshots, ...without } = banks
    const replayed = await right(openCategory(without, { store: at.second }).load(id))
    const resumed = await right(openCategory(often, { store: at.second }).load(id))
    expect(resumed).toEqual(replayed)
    expect(replayed.state).toEqual(settled)
  })
})
