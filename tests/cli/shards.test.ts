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
