import * as E from 'fp-ts/Either'
import { type CategoryOptions, type Notice, openCategory, openTogether } from 'reprise'
import type { BoundaryStore, EventStore } from 'reprise/adapter'
import { account, blockCard, card, deposit, useCard, withdraw } from '../support/bank'
import { left, right } from '../support/right'
import { freshId, stores, type StoreUnderTest } from '../support/stores'
import { counted, overtaken } from '../support/watched-store'

type Store = EventStore & BoundaryStore

const bankOn = (store: Store, options: CategoryOptions = {}) =>
  openTogether({ accounts: account, cards: card }, { store }, options)

const fewAttempts = { retry: { attempts: 3, firstBackoff: 0, maxBackoff: 0 } }

describe.each(stores)('commands that are handled together, on %s', (_name, open) => {
  let opened: StoreUnderTest
  let store: Store
  beforeAll(async () => {
    opened = await open()
    store = opened.store
  })
  afterAll(() => opened.close())

  const accounts = () => openCategory(account, opened)
  const versionOf = async (streamId: string): Promise<number> =>
    (await right(store.load({ streamId, after: 0, limit: 1 }))).version
  const rich = async (balance = 100): Promise<string> => {
    const id = freshId()
    await right(accounts().handleCommand(id, deposit(balance)))
    return id
  }

  it('are decided each on its own stream, and answered by their categories in their order', async () => {
    const [from, to, used] = [await rich(), freshId(), freshId()]
    const done = await right(
      bankOn(store).handleCommands({
        cards: [[used, useCard]],
        accounts: [
          [from, withdraw(30)],
          [to, deposit(30)],
        ],
      }),
    )
    expect(done).toMatchObject({
      accounts: [
        { version: 2, state: { balance: 70 }, events: [{ event: { type: 'Withdrawn' } }] },
        { version: 1, state: { balance: 30 }, events: [{ event: { type: 'Deposited' } }] },
      ],
      cards: [{ version: 0, state: { blocked: false }, events: [] }],
    })
    const [event] = done.accounts[1]?.events ?? []
    expect(event).toMatchObject({ streamId: `account-${to}`, version: 1 })
    const page = await right(store.read(`account-${to}`, { after: 0, limit: 9 }))
    expect(page.events.map(({ id, position }) => [id, position])).toEqual([
      [event?.id, event?.position],
    ])
    expect((await right(accounts().load(from))).state).toEqual({ balance: 70 })
  })

  it('store nothing when one of them is rejected, and say which it was', async () => {
    const [from, to] = [await rich(10), freshId()]
    const error = await left(
      bankOn(store).handleCommands({
        accounts: [
          [to, deposit(30)],
          [from, withdraw(30)],
        ],
      }),
    )
    expect(error).toMatchObject({
      _tag: 'Rejected',
      key: 'accounts',
      id: from,
      streamId: `account-${from}`,
      version: 1,
      rejection: { _tag: 'BalanceTooLow', balance: 10 },
    })
    expect(await versionOf(`account-${to}`)).toBe(0)
  })

  it('store nothing when a stream to which they add nothing was written meanwhile', async () => {
    const [from, used] = [await rich(), freshId()]
    const bank = bankOn(store)
    await right(bank.handleCommands({ cards: [[used, useCard]] }))
    await right(openCategory(card, { store: opened.second }).handleCommand(used, blockCard))
    const error = await left(
      bank.handleCommands({ accounts: [[from, withdraw(1)]], cards: [[used, useCard]] }),
    )
    expect(error).toMatchObject({
      _tag: 'Rejected',
      key: 'cards',
      rejection: { _tag: 'CardBlocked' },
    })
    expect(await versionOf(`account-${from}`)).toBe(1)
  })

  it('are all decided again when another writer was first to one stream', async () => {
    const [from, to] = [await rich(), await rich(0.5)]
    const notices: Notice[] = []
    const bank = bankOn(store, { ...fewAttempts, onNotice: (notice) => notices.push(notice) })
    const transfer = {
      accounts: [
        [from, withdraw(60)],
        [to, deposit(60)],
      ],
    } as const
    await right(bank.handleCommands(transfer))
    await right(openCategory(account, { store: opened.second }).handleCommand(from, withdraw(1)))
    const error = await left(bank.handleCommands(transfer))
    expect(error).toMatchObject({ _tag: 'Rejected', id: from, rejection: { balance: 39 } })
    await right(openCategory(account, { store: opened.second }).handleCommand(to, deposit(1)))
    const done = await right(
      bank.handleCommands({
        accounts: [
          [from, withdraw(39)],
          [to, deposit(39)],
        ],
      }),
    )
    expect(done.accounts.map(({ state }) => state.balance)).toEqual([0, 100.5])
    expect(notices.filter(({ _tag }) => _tag === 'DecidedAgain')).toEqual([
      {
        _tag: 'DecidedAgain',
        streamId: `account-${to}`,
        commands: 1,
        decidedOn: 2,
        actual: 3,
      },
    ])
  })

  it('give up after the attempts that are allowed, and name the streams', async () => {
    const [one, other] = [await rich(), await rich()]
    const faster = () =>
      right(openCategory(account, { store: opened.second }).handleCommand(other, deposit(1)))
    const busy = overtaken(store, Infinity, faster)
    const error = await left(
      bankOn(busy, fewAttempts).handleCommands({
        accounts: [
          [one, withdraw(1)],
          [other, withdraw(1)],
        ],
      }),
    )
    expect(error).toMatchObject({
      _tag: 'VersionConflicts',
      streams: [{ streamId: `account-${other}`, expected: 3, actual: 4 }],
      attempts: 3,
    })
    expect(await versionOf(`account-${one}`)).toBe(1)
  })

  it('are decided on the version that the caller expects, or not at all', async () => {
    const [one, other] = [await rich(), freshId()]
    const pinned = (expectedVersion: number | 'mustExist' | 'mustNotExist') =>
      bankOn(store).handleCommands({
        accounts: [
          [one, deposit(1), { expectedVersion }],
          [other, deposit(1)],
        ],
      })
    for (const expected of [0, 2, 'mustNotExist'] as const) {
      expect(await left(pinned(expected))).toMatchObject({
        _tag: 'VersionConflicts',
        streams: [{ streamId: `account-${one}`, expected, actual: 1 }],
        attempts: 1,
      })
    }
    expect(await versionOf(`account-${other}`)).toBe(0)
    expect((await right(pinned(1))).accounts.map(({ version }) => version)).toEqual([2, 1])
    expect((await right(pinned('mustExist'))).accounts.map(({ version }) => version)).toEqual([
      3, 2,
    ])
  })

  it('never meet a conflict with neighbours in the same process', async () => {
    const ids = [await rich(), await rich(), await rich()]
    const notices: Notice[] = []
    const bank = bankOn(store, { onNotice: (notice) => notices.push(notice) })
    await Promise.all(
      Array.from({ length: 30 }, (_, n) => {
        const [from = '', to = ''] = [ids[n % 3], ids[(n + 1 + (n % 2)) % 3]]
        return right(
          bank.handleCommands({
            accounts: [
              [from, withdraw(1)],
              [to, deposit(1)],
            ],
          }),
        )
      }),
    )
    await bank.snapshotsSettled()
    expect(notices.filter(({ _tag }) => _tag === 'DecidedAgain')).toEqual([])
    const states = await Promise.all(ids.map((id) => right(accounts().load(id))))
    expect(states.reduce((sum, { state }) => sum + state.balance, 0)).toBe(300)
    expect(states.reduce((sum, { version }) => sum + version, 0)).toBe(63)
  })

  it('take snapshots by the policies of their categories', async () => {
    const [one, other] = [freshId(), freshId()]
    const notices: Notice[] = []
    const bank = bankOn(store, { onNotice: (notice) => notices.push(notice) })
    for (let n = 0; n < 5; n++) {
      await right(bank.handleCommands({ accounts: [[one, deposit(1)], [other, deposit(n)]] })) // prettier-ignore
    }
    await bank.snapshotsSettled()
    expect(notices).toContainEqual({
      _tag: 'SnapshotTaken',
      streamId: `account-${one}`,
      version: 5,
    })
    expect(notices).not.toContainEqual(expect.objectContaining({ streamId: `account-${other}` }))
  })

  it('are decided on states in memory, which the answers do not share', async () => {
    const [one, other] = [await rich(), freshId()]
    const { counts, store: counting } = counted(store)
    const bank = bankOn(counting)
    const send = () =>
      right(bank.handleCommands({ accounts: [[one, deposit(1)]], cards: [[other, useCard]] }))
    const first = await send()
    Object.assign(first.accounts[0]?.state ?? {}, { balance: 1_000_000 })
    Object.assign(first.cards[0]?.state ?? {}, { blocked: true })
    const second = await send()
    expect(second.accounts[0]?.state).toEqual({ balance: 102 })
    expect(counts.loads).toBe(2)
  })

  describe('with a command id', () => {
    const transfer = (from: string, to: string, amount = 10) =>
      ({
        accounts: [
          [from, withdraw(amount)],
          [to, deposit(amount)],
        ],
      }) as const

    it('have their effect once, and the same answer again, from another process too', async () => {
      const [from, to, used, commandId] = [await rich(10), freshId(), freshId(), freshId()]
      const commands = { ...transfer(from, to), cards: [[used, useCard]] } as const
      const first = await right(bankOn(store).handleCommands(commands, { commandId }))
      await right(accounts().handleCommand(to, deposit(1)))
      const again = await right(bankOn(opened.second).handleCommands(commands, { commandId }))
      expect(again).toEqual(first)
      const turned = { ...commands, accounts: [...commands.accounts].reverse() }
      const other = await right(bankOn(opened.second).handleCommands(turned, { commandId }))
      expect(other.accounts).toEqual([...first.accounts].reverse())
      expect([await versionOf(`account-${from}`), await versionOf(`account-${to}`)]).toEqual([2, 2])
      expect(first.accounts[0]?.events[0]?.metadata).toMatchObject({
        commandId,
        correlationId: commandId,
      })
    })

    it('have their effect once when they are sent many times at once', async () => {
      const [from, to, commandId] = [await rich(10), freshId(), freshId()]
      const banks = [bankOn(store), bankOn(opened.second)]
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, n) =>
          right((banks[n % 2] ?? banks[0]!).handleCommands(transfer(from, to), { commandId })),
        ),
      )
      for (const answer of answers) expect(answer).toEqual(answers[0])
      expect([await versionOf(`account-${from}`), await versionOf(`account-${to}`)]).toEqual([2, 1])
    })

    it('are refused under an id that other commands have, or the same ones to other streams', async () => {
      const [from, to, other, commandId] = [await rich(), freshId(), freshId(), freshId()]
      const bank = bankOn(store)
      await right(bank.handleCommands(transfer(from, to), { commandId }))
      const reused = [
        transfer(from, to, 11),
        transfer(from, other),
        { accounts: [[from, withdraw(10)]] } as const,
      ]
      for (const commands of reused) {
        const expected = { _tag: 'CommandIdReused', streamId: `account-${from}`, commandId }
        expect(await left(bank.handleCommands(commands, { commandId }))).toMatchObject(expected)
        expect(await left(bankOn(store).handleCommands(commands, { commandId }))).toMatchObject(
          expected,
        )
      }
      expect(await left(accounts().handleCommand(from, withdraw(10), { commandId }))).toMatchObject(
        {
          _tag: 'CommandIdReused',
        },
      )
      expect(await versionOf(`account-${other}`)).toBe(0)
    })
  })

  it.each<[string, object, object] | [string, object, object, object]>([
    ['no command', {}, { _tag: 'InvalidAppend' }],
    ['no command of any category', { accounts: [] }, { _tag: 'InvalidAppend' }],
    ['a category that is not there', { banks: [['1', deposit(1)]] }, { _tag: 'InvalidAppend' }],
    [
      'two commands for one stream',
      { accounts: [['twice', deposit(1)], ['twice', deposit(2)]] }, // prettier-ignore
      { _tag: 'InvalidAppend', streamId: 'account-twice' },
    ],
    [
      'an invalid command',
      { accounts: [['good', deposit(1)], ['bad', { type: 'Deposit', amount: 'x' }]] }, // prettier-ignore
      { _tag: 'InvalidCommand', key: 'accounts', id: 'bad' },
    ],
    ['an empty id', { accounts: [['', deposit(1)]] }, { _tag: 'InvalidStreamId' }],
    [
      'an id with a NUL',
      { accounts: [['good', deposit(1)], ['\u0000', deposit(1)]] }, // prettier-ignore
      { _tag: 'InvalidStreamId' },
    ],
    [
      'an expected version of -1',
      { accounts: [['good', deposit(1), { expectedVersion: -1 }]] },
      { _tag: 'InvalidAppend', streamId: 'account-good' },
    ],
    [
      'an empty command id',
      { accounts: [['good', deposit(1)]] },
      { _tag: 'InvalidAppend' },
      { commandId: '' },
    ],
    [
      'an amount that is not JSON',
      { accounts: [['good', deposit(1)], ['bad', deposit(Infinity)]] }, // prettier-ignore
      { _tag: 'UnencodableEvent', streamId: 'account-bad' },
    ],
    ['commands that are no list', { accounts: 7 }, { _tag: 'InvalidAppend' }],
  ])('store nothing of %s', async (...[, commands, expected, options]) => {
    const error = await left(bankOn(store).handleCommands(commands as never, options))
    expect(error).toMatchObject(expected)
    expect(error.message).not.toBe('')
    expect(await versionOf('account-good')).toBe(0)
  })

  it('store nothing when one of the deciders throws', async () => {
    const throwing = {
      ...card,
      decider: {
        ...card.decider,
        decide: () => {
          throw new Error('a defect')
        },
      },
    }
    const id = freshId()
    const bank = openTogether({ accounts: account, cards: throwing }, { store })
    const error = await left(
      bank.handleCommands({ accounts: [[id, deposit(1)]], cards: [[id, useCard]] }),
    )
    expect(error).toMatchObject({ _tag: 'DeciderThrew', streamId: `card-${id}`, during: 'decide' })
    expect(await versionOf(`account-${id}`)).toBe(0)
  })

  it('are rejected when too many wait for one stream already', async () => {
    const [busy, free] = [await rich(), await rich()]
    const bank = bankOn(store, { queueDepth: 2 })
    const send = (id: string) => bank.handleCommands({ accounts: [[id, deposit(1)]] })()
    const answers = await Promise.all([send(busy), send(busy), send(busy), send(free)])
    expect(answers.map(({ _tag }) => _tag)).toEqual(['Right', 'Right', 'Left', 'Right'])
    expect(answers[2]).toMatchObject({ left: { _tag: 'Overloaded', queue: `account-${busy}` } })
    expect(E.isRight(await send(busy))).toBe(true)
  })
})
