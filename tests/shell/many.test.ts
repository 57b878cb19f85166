import { neverSnapshot, openCategory } from 'reprise'
import { many, manyCommandCodec, manyEventCodec, manyStateCodec } from 'reprise/algebra'
import { accounts } from '../../examples/bank/account/category'
import { depositMoney, openAccount } from '../../examples/bank/account/commands'
import { accountStates } from '../../examples/bank/account/state'
import { anything } from '../support/bank-story'
import { left, right } from '../support/right'
import { freshId, stores, type StoreUnderTest } from '../support/stores'

const branches = {
  name: 'branch',
  decider: many(accounts.decider),
  commands: manyCommandCodec(accounts.commands),
  events: manyEventCodec(accounts.events),
  snapshots: { state: manyStateCodec(accountStates), policy: neverSnapshot },
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
    await right(branch.handleCommand(id, { key: 'A/1', command: depositMoney(5) }))

    const expected = [
      ['A/1', { isOpen: true, owner: 'Ada', balance: 5 }],
      ['__proto__', { isOpen: true, owner: 'Bob', balance: 0 }],
    ]
    const { snapshots: _snapshots, ...without } = branches
    for (const category of [branches, without]) {
      const { state } = await right(openCategory(category, { store: at.second }).load(id))
      expect(Object.entries(state).sort()).toEqual(expected)
    }
    const { events } = await right(at.second.read(`branch-${id}`, { after: 0, limit: 10 }))
    expect(events.map(({ type, data }) => [type, data['key']])).toEqual([
      ['AccountOpened', 'A/1'],
      ['AccountOpened', '__proto__'],
      ['MoneyDeposited', 'A/1'],
    ])
  })

  it('reject a key that is not text before anything is read, and one that no store can store', async () => {
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
    expect(await left(branch.load(id))).toMatchObject({
      _tag: 'UndecodableEvent',
      issues: [{ path: 'key' }],
    })
  })
})
