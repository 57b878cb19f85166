import { pipe } from 'fp-ts/function'
import { openCategory } from 'reprise'
import { combine, combineEventCodecs, drive, type Process } from 'reprise/algebra'
import { openAccount } from '../../examples/bank/account/commands'
import { banks } from '../../examples/bank/transfer/category'
import { anything, onAccount, openDoor } from '../support/bank-story'
import { counter, type CounterCommand, type CounterEvent } from '../support/counter'
import { left, right } from '../support/right'
import { freshId, stores, type StoreUnderTest } from '../support/stores'

describe.each(stores)('a combined decider and bad input on %s', (_name, open) => {
  let at: StoreUnderTest

  beforeAll(async () => {
    at = await open()
  })
  afterAll(() => at.close())

  const stored = async (streamId: string) =>
    (await right(at.second.read(streamId, { after: 0, limit: 100 }))).events

  it.each([
    [{ key: 'loans', command: {} }, 'key'],
    [{ key: 'accounts', command: { key: 1, command: {} } }, 'command.key'],
    [
      { key: 'accounts', command: { key: 'A', command: { transferId: null, command: {} } } },
      'command.command.command.type',
    ],
  ])('rejects the command %p before anything is read', async (command, path) => {
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
    expect(await left(openCategory(banks, at).load(id))).toMatchObject({
      _tag: 'UndecodableEvent',
      streamId,
      version: 1,
      type,
      issues: [{ path: expect.stringMatching(`^${path}`) }],
    })
  })

  it('stores nothing under a key that has the separator in it and came past the compiler', async () => {
    const category = {
      name: 'slashed',
      decider: combine(anything({ 'a/b': counter.decider })),
      commands: openDoor,
      events: combineEventCodecs(anything({ 'a/b': counter.events })),
    }
    const id = freshId()
    const command = anything({ key: 'a/b', command: { type: 'Add', amounts: [1] } })
    expect(await left(openCategory(category, at).handleCommand(id, command))).toMatchObject({
      _tag: 'UnencodableEvent',
      issues: [{ path: 'key', message: expect.stringContaining('separates keys') }],
    })
    expect(await stored(`slashed-${id}`)).toEqual([])
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
