import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import {
  drive,
  everyNEvents,
  many,
  manyCommandCodec,
  manyEventCodec,
  manyStateCodec,
  never,
  type Notice,
  openCategory,
  type Process,
} from 'reprise'
import { Cents } from '../../examples/bank/account/cents'
import { accounts } from '../../examples/bank/account/category'
import {
  type AccountCommand,
  depositMoney,
  openAccount,
} from '../../examples/bank/account/commands'
import type { BankState } from '../../examples/bank/transfer/bank'
import { banks } from '../../examples/bank/transfer/category'
import type { BankCommand } from '../../examples/bank/transfer/process'
import { left, right, rightOf } from '../support/right'
import { counter, type CounterCommand, type CounterEvent } from '../support/counter'
import { freshId, stores, type StoreUnderTest } from '../support/stores'

const cents = (value: number): Cents => rightOf(Cents.decode(value))

const onAccount = (key: string, command: AccountCommand): BankCommand => ({
  key: 'accounts',
  command: { key, command: { transferId: null, command } },
})
const transfer = (id: string, amount: number): BankCommand => ({
  key: 'transfers',
  command: {
    key: id,
    command: { type: 'StartTransfer', from: 'A', to: 'B', amount: cents(amount) },
  },
})
const story: ReadonlyArray<BankCommand> = [
  onAccount('A', openAccount('Ada')),
  onAccount('B', openAccount('Bob')),
  onAccount('A', depositMoney(cents(100))),
  transfer('T1', 40),
]
const settled: BankState = {
  process: {},
  decider: {
    accounts: {
      A: { isOpen: true, owner: 'Ada', balance: 60 },
      B: { isOpen: true, owner: 'Bob', balance: 40 },
    },
    transfers: { T1: 'completed' },
  },
}

/** As if a caller had no compiler. */
const anything = (command: unknown): never => command as never
const openDoor = { decode: (input: unknown) => E.right(anything(input)) }

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
    expect(await right(bank.get(id))).toEqual({ state: settled, version: 7 })
    const elsewhere = openCategory(banks, { store: at.second })
    expect(await right(elsewhere.fetch(id))).toEqual({ state: settled, version: 7 })
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
      rejection: {
        key: 'transfers',
        rejection: { key: 'T1', rejection: { _tag: 'AlreadyStarted' } },
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
    const fresh = openCategory(banks, { store, observe: (notice) => notices.push(notice) })
    expect((await right(fresh.fetch(id))).state.decider.accounts).toMatchObject({
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
    await bank.settled()
    const { snapshots: _snapshots, ...without } = banks
    const replayed = await right(openCategory(without, { store: at.second }).fetch(id))
    const resumed = await right(openCategory(often, { store: at.second }).fetch(id))
    expect(resumed).toEqual(replayed)
    expect(replayed.state).toEqual(settled)
  })

  it.each([
    [{ key: 'loans', command: {} }, 'key'],
    [{ key: 'accounts', command: { key: 1, command: {} } }, 'command.key'],
    [
      { key: 'accounts', command: { key: 'A', command: { transferId: null, command: {} } } },
      'command.command.command.type',
    ],
  ])('refuses the command %p at the door', async (command, path) => {
    const id = freshId()
    const bank = openCategory(banks, at)
    expect(await left(bank.handleCommand(id, anything(command)))).toMatchObject({
      _tag: 'InvalidCommand',
      issues: [{ path }],
    })
    expect(await stored(`bank-${id}`)).toEqual([])
  })

  it.each(['loans', 'toString', '__proto__'])(
    'says that the decider threw when a command for %s gets past the door',
    async (key) => {
      const id = freshId()
      const bank = openCategory({ ...banks, commands: openDoor }, at)
      const { command } = onAccount('A', openAccount('Ada'))
      expect(await left(bank.handleCommand(id, anything({ key, command })))).toMatchObject({
        _tag: 'DeciderThrew',
        during: 'decide',
      })
      expect(await stored(`bank-${id}`)).toEqual([])
    },
  )

  it.each([
    ['loans/LoanGranted', 'key'],
    ['AccountOpened', 'key'],
    ['accounts/LoanGranted', 'event'],
  ])('cannot read the stored event %s, and says where it is', async (type, path) => {
    const id = freshId()
    const streamId = `bank-${id}`
    const data = { key: 'A', event: { transferId: null } }
    await right(
      at.store.append({
        streamId,
        expectedVersion: 0,
        events: [
          { id: openCategory(banks, at).newId(), type, schemaVersion: 1, data, metadata: {} },
        ],
        commands: [],
      }),
    )
    expect(await left(openCategory(banks, at).fetch(id))).toMatchObject({
      _tag: 'UndecodableEvent',
      streamId,
      version: 1,
      type,
      issues: [{ path: expect.stringMatching(`^${path}`) }],
    })
  })

  it('records nothing of a process that does not end', async () => {
    const endless: Process<CounterEvent, CounterCommand, null> = {
      initialState: null,
      evolve: () => null,
      react: () => [{ type: 'Add', amounts: [1] }],
      resume: () => [],
    }
    const { snapshots: _snapshots, ...rest } = counter
    const driven = { ...rest, decider: pipe(counter.decider, drive(endless, 20)) }
    const id = freshId()
    expect(
      await left(openCategory(driven, at).handleCommand(id, { type: 'Add', amounts: [1] })),
    ).toMatchObject({ _tag: 'Rejected', rejection: { _tag: 'StepLimitReached', limit: 20 } })
    expect(await stored(`counter-${id}`)).toEqual([])
  })
})

const branches = {
  name: 'branch',
  decider: many(accounts.decider),
  commands: manyCommandCodec(accounts.commands),
  events: manyEventCodec(accounts.events),
  snapshots: { state: manyStateCodec(accounts.snapshots!.state), policy: never },
}

describe.each(stores)('many of one decider on %s', (_name, open) => {
  let at: StoreUnderTest

  beforeAll(async () => {
    at = await open()
  })
  afterAll(() => at.close())

  it('are stored and read like any other, with each key in the data of its events', async () => {
    const [branch, id] = [openCategory(branches, at), freshId()]
    await right(branch.handleCommand(id, { key: 'A/1', command: openAccount('Ada') }))
    await right(branch.handleCommand(id, { key: '__proto__', command: openAccount('Bob') }))
    await right(branch.snapshot(id))
    await right(branch.handleCommand(id, { key: 'A/1', command: depositMoney(cents(5)) }))

    const expected = [
      ['A/1', { isOpen: true, owner: 'Ada', balance: 5 }],
      ['__proto__', { isOpen: true, owner: 'Bob', balance: 0 }],
    ]
    const { snapshots: _snapshots, ...without } = branches
    for (const category of [branches, without]) {
      const { state } = await right(openCategory(category, { store: at.second }).fetch(id))
      expect(Object.entries(state).sort()).toEqual(expected)
    }
    const { events } = await right(at.second.read(`branch-${id}`, { after: 0, limit: 10 }))
    expect(events.map(({ type, data }) => [type, data['key']])).toEqual([
      ['AccountOpened', 'A/1'],
      ['AccountOpened', '__proto__'],
      ['MoneyDeposited', 'A/1'],
    ])
  })

  it('refuse a key that is not text at the door, and one that no store can keep', async () => {
    const [branch, id] = [openCategory(branches, at), freshId()]
    const wrong = anything({ key: 7, command: openAccount('Ada') })
    expect(await left(branch.handleCommand(id, wrong))).toMatchObject({
      _tag: 'InvalidCommand',
      issues: [{ path: 'key' }],
    })
    const nul = { key: '\u0000', command: openAccount('Ada') }
    expect(await left(branch.handleCommand(id, nul))).toMatchObject({ _tag: 'InvalidCommand' })
  })

  it('cannot read a stored event that has no key', async () => {
    const [branch, id] = [openCategory(branches, at), freshId()]
    const event = { type: 'AccountOpened', schemaVersion: 1, data: { owner: 'Ada' }, metadata: {} }
    await right(
      at.store.append({
        streamId: `branch-${id}`,
        expectedVersion: 0,
        events: [{ ...event, id: branch.newId() }],
        commands: [],
      }),
    )
    expect(await left(branch.fetch(id))).toMatchObject({
      _tag: 'UndecodableEvent',
      issues: [{ path: 'key' }],
    })
  })
})
