import { Client } from 'pg'
import { openCategory } from 'reprise'
import { account, deposit } from '../support/bank'
import { cli } from '../support/cli'
import { postgresReadSide, type PostgresReadSide } from '../support/postgres-read-side'
import { right } from '../support/right'

let side: PostgresReadSide
beforeAll(async () => {
  side = await postgresReadSide()
})
afterAll(() => side.close())

const tagged = { ...account, tags: (_event: unknown, id: string) => [`owner:${id}`] }
const verify = (...args: ReadonlyArray<string>) =>
  cli(['verify', '--url', side.url, ...args], { importModule: async () => ({ tagged }) })

interface Verified {
  readonly verified: {
    readonly events: number
    readonly defects: ReadonlyArray<{ rule: string; place: string; message: string }>
    readonly counts: Readonly<Record<string, number>>
  }
}

/** Changes what nothing may change, as the owner of the tables can. */
const plant = async (statements: ReadonlyArray<string>): Promise<void> => {
  const client = new Client({ connectionString: side.url })
  await client.connect()
  try {
    for (const statement of ['set session_replication_role = replica', ...statements]) {
      await client.query(statement)
    }
  } finally {
    await client.end()
  }
}

const IDS = 'abcdefghijklm'

describe('reprise verify', () => {
  it('finds nothing wrong in a store that is sound, and says how far it is', async () => {
    const desk = openCategory(tagged, side)
    for (const id of IDS) {
      for (let turn = 0; turn < 3; turn++) {
        await right(desk.handleCommand(id, deposit(1), { commandId: `${id}-${turn}` }))
      }
    }
    const sound = await verify('--module', 'bank.js')
    expect(sound).toMatchObject({ exitCode: 0, error: '' })
    expect(sound.out).toContain(': 100 %')
    expect(sound.out).toContain('39 events: all is well.')
  })

  it('finds each thing that does not fit together, and where it is', async () => {
    const [events, name] = ['reprise.events', account.name]
    const at = (id: string, version: number) =>
      `stream_id = '${name}-${id}' and version = ${version}`
    await plant([
      // A gap in a stream, and with it the events of a command.
      `delete from ${events} where ${at('a', 2)}`,
      // A position that none is.
      `update ${events} set position = -1 where ${at('b', 1)}`,
      // Positions of a stream in another order than its versions.
      `update ${events} set position = 100000 where ${at('l', 2)}`,
      // Two events with one id.
      `update ${events} set id = (select id from ${events} where ${at('c', 1)}) where ${at('d', 1)}`,
      // What no append takes.
      `update ${events} set data = '[1]' where ${at('e', 1)}`,
      `update ${events} set schema_version = -1 where ${at('f', 1)}`,
      // What the codec of the category cannot read.
      `update ${events} set type = 'Unheard' where ${at('g', 1)}`,
      `update reprise.event_tags set type = 'Unheard' where tag = 'owner:g' and position = (select position from ${events} where ${at('g', 1)})`,
      // A tag that is missing, one for no event, and one with another type.
      `delete from reprise.event_tags where tag = 'owner:h' and position = (select position from ${events} where ${at('h', 1)})`,
      `insert into reprise.event_tags (tag, position, type) values ('owner:z', 900, 'Deposited')`,
      `update reprise.event_tags set type = 'Other' where tag = 'owner:i' and position = (select position from ${events} where ${at('i', 1)})`,
      // An erased stream that still has something.
      `insert into ${events} (position, stream_id, version, id, type, schema_version, recorded_at, data, metadata)
         values (100010, '${name}-m', 2147483647, gen_random_uuid(), 'erased', 0, now(), '{}', '{}')`,
      // Before the first one.
      `insert into ${events} (position, stream_id, version, id, type, schema_version, recorded_at, data, metadata)
         select 100001 + n, 'other-1', n, gen_random_uuid(), 'Opened', 1, now(), '{}', '{}' from generate_series(0, 1) n`,
      // Later than the stream is.
      `insert into reprise.snapshots (stream_id, schema_version, version, state) values ('${name}-j', 1, 99, '{}')`,
      `update reprise.commands set after = 50 where stream_id = '${name}-k' and command_id = 'k-0'`,
      `insert into reprise.subscriptions (name, partitions) values ('mails', 1)`,
      `insert into reprise.checkpoints (subscription, partition, position, lineage)
         select 'mails', 0, 500000, lineage::text from reprise.store`,
      `select setval('reprise.events_position_seq', 3)`,
    ])
    const answer = await verify('--module', 'bank.js', '--json')
    expect(answer.exitCode).toBe(1)
    const lines = answer.out.split('\n')
    const text = lines.slice(lines.findIndex((line) => line === '{')).join('\n')
    const { verified } = JSON.parse(text) as Verified
    const found = verified.defects.map(({ rule, place }) => `${rule} ${place}`)
    expect(found.toSorted()).toEqual(
      [
        `Versions ${name}-a:3`,
        `Commands ${name}-a`,
        `Tags tag owner:a`,
        `Positions ${name}-b:1`,
        `Tags tag owner:b`,
        `Tags ${name}-b:1`,
        `Positions ${name}-l:3`,
        `Tags tag owner:l`,
        `Tags ${name}-l:2`,
        `Versions other-1:0`,
        `Erased ${name}-m`,
        `Ids ${name}-c:1`,
        `Events ${name}-e:1`,
        `Codec ${name}-e:1`,
        `Events ${name}-f:1`,
        `Codec ${name}-f:1`,
        `Codec ${name}-g:1`,
        `Tags ${name}-h:1`,
        `Tags tag owner:z`,
        `Tags ${name}-i:1`,
        `Snapshots ${name}-j`,
        `Commands ${name}-k`,
        `Checkpoints mails#0`,
        `Sequence events_position_seq`,
      ].toSorted(),
    )
    expect(verified).toMatchObject({ events: 40, counts: { Versions: 2, Commands: 2 } })

    const people = await verify()
    expect(people).toMatchObject({ exitCode: 1 })
    expect(people.out.replace(/\s+/g, ' ')).toContain(
      `Versions: ${name}-a:3: version 2 is missing.`,
    )
    expect(people.out).toContain('Broken rules: ')
    expect(people.out).not.toContain('Codec')
  })
})
