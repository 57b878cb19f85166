import { sharded } from '../../src/adapters/sharded/backend'
import { cli } from '../support/cli'
import { right } from '../support/right'
import { migratedDatabase, type MigratedDatabase } from '../support/postgres'
import { postgres } from '../../src/adapters/postgres/backend'

const databases: Array<MigratedDatabase<unknown>> = []
beforeAll(async () => {
  for (let index = 0; index < 2; index++) databases.push(await migratedDatabase())
})
afterAll(async () => {
  for (const database of databases) await database.close()
})

const SHARDS = ['--shard', 'postgres://one/shop', '--shard', 'postgres://two/shop']
const STANDBY = ['--standby', 'postgres://three/shop']

describe('reprise shards', () => {
  it.each([
    ['without a standby', ['split', '0', ...SHARDS, '--by-id'], 'Give every shard in its order'],
    ['without shards', ['split', '0', ...STANDBY, '--by-id'], 'Give every shard in its order'],
    ['without a word on the placement', ['split', '0', ...SHARDS, ...STANDBY], '--by-id'],
    [
      'with two words on the placement',
      ['split', '0', ...SHARDS, ...STANDBY, '--by-id', '--module', 'a.js'],
      '--by-id',
    ],
    ['without --yes', ['split', '0', ...SHARDS, ...STANDBY, '--by-id'], 'add --yes'],
    ['with a shard that is no number', ['split', 'x', ...SHARDS, ...STANDBY, '--by-id'], 'got x'],
    ['to cancel without --yes', ['cancel', ...SHARDS], 'add --yes'],
  ])('opens nothing %s, and says what it needs', async (_how, args, message) => {
    const connect = () => {
      throw new Error('nothing is opened')
    }
    const said = await cli(['shards', ...args], { connect })
    expect(said).toMatchObject({ exitCode: 2, out: '' })
    expect(said.error).toContain(message)
  })

  it('splits to a standby only, with the placement that the module exports, and changes nothing else', async () => {
    const [one, other] = databases
    const backend = sharded([postgres(one!.connect())])
    await right(backend.slotMap)
    const servers = ['--shard', one!.url, '--standby', other!.url]
    const split = (...how: ReadonlyArray<string>) =>
      cli(['shards', 'split', '0', ...servers, '--yes', ...how], {
        importModule: () => Promise.resolve({ placement: { stream: (id: string) => id } }),
      })
    for (const how of [['--by-id'], ['--module', 'placement.js']]) {
      const said = await split(...how)
      expect(said).toMatchObject({ exitCode: 1, out: '' })
      expect(said.error).toContain('NotAStandby')
    }
    const bare = await cli(['shards', 'split', '0', ...servers, '--yes', '--module', 'a.js'], {
      importModule: () => Promise.resolve({ other: 1 }),
    })
    expect(bare.error).toContain('exports no placement')
    const cancelled = await cli(['shards', 'cancel', '--shard', one!.url, '--yes'])
    expect(cancelled).toMatchObject({ exitCode: 1, out: '' })
    expect(cancelled.error).toContain('NothingToCancel')
    expect(await right(backend.slotMap)).toMatchObject({ epoch: 2, shards: 1, moving: [] })
    await backend.close()
  })
})

describe('reprise forget, of two shards', () => {
  const two: Array<MigratedDatabase<unknown>> = []
  beforeAll(async () => {
    for (let index = 0; index < 2; index++) two.push(await migratedDatabase())
  })
  afterAll(async () => {
    for (const database of two) await database.close()
  })
  const [by, confirm] = [
    ['--by', 'grace', '--why', 'ticket 1', '--yes'],
    ['--confirm', 'c-1'],
  ]
  const all = () => two.flatMap(({ url }) => ['--shard', url])

  it('refuses to forget on one of them alone, or where not all are named, and forgets on all', async () => {
    const backends = two.map((database) => postgres(database.connect()))
    const [one, other] = backends
    const forget = (...more: ReadonlyArray<string>) =>
      cli(['forget', 'c-1', ...by, ...confirm, ...more])
    const none = await forget(...all())
    expect(none).toMatchObject({ exitCode: 2, out: '' })
    expect(none.error).toContain('not all shards of one backend')
    await right(sharded([one!, other!]).slotMap)
    await right(other!.subjectKeys.add([{ subject: 'c-1', masterKey: 'one', wrapped: 'AAAA' }]))
    for (const [index, database] of two.entries()) {
      const said = await forget('--url', database.url)
      expect(said).toMatchObject({ exitCode: 2, out: '' })
      expect(said.error.replace(/\s+/g, ' ')).toContain(`is shard ${index} of 2`)
    }
    const half = await forget(...all().slice(0, 2))
    expect(half).toMatchObject({ exitCode: 2, out: '' })
    const swapped = await forget(...all().slice(2), ...all().slice(0, 2))
    expect(swapped).toMatchObject({ exitCode: 1, out: '' })
    expect(swapped.error).toContain('OtherSlotMap')
    expect(await right(other!.subjectKeys.find(['c-1']))).toMatchObject([{ wrapped: 'AAAA' }])

    const done = await forget(...all(), '--json')
    expect(done).toMatchObject({ exitCode: 0, error: '' })
    expect(await forget(...all(), '--json')).toMatchObject({ exitCode: 0, out: done.out })
    for (const backend of backends) {
      const [key] = await right(backend.subjectKeys.find(['c-1']))
      expect(key).toMatchObject({ subject: 'c-1' })
      expect(key).not.toHaveProperty('wrapped')
      await backend.close()
    }
  })
})
