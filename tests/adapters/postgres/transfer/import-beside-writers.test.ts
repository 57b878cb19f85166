import { Client, Pool } from 'pg'
import { connectPool, postgres, type PostgresBackend } from 'reprise/postgres'
import type { HistoricEvent } from '../../../../src/core/ports/transfer'
import { aBatch, freshArchive, historic } from '../../../../src/testing/transfer-contract/subject'
import { blockedIn } from '../../../support/blocked'
import { eventually } from '../../../support/eventually'
import { isAsleep, stopAnnouncement, stopInsertsAtGate, whileClosed } from '../../../support/gate'
import { type MigratedDatabase, migratedDatabase } from '../../../support/postgres'
import { right } from '../../../support/right'
import { tick } from '../../../support/ticks'

// An import into a store that others write to: what they have looked at, and what it has looked at, may change before the insert.

let database: MigratedDatabase<unknown>
let admin: Client
let pools: ReadonlyArray<Pool>
let slow: PostgresBackend<unknown>
let copying: PostgresBackend<unknown>
let inOneStatement: PostgresBackend<unknown>

beforeAll(async () => {
  database = await migratedDatabase()
  admin = new Client({ connectionString: database.url })
  await admin.connect()
  await stopInsertsAtGate(admin)
  pools = ['slow', 'fast', 'fast'].map(
    (name) => new Pool({ connectionString: database.url, application_name: name }),
  )
  const [first, second, third] = pools as [Pool, Pool, Pool]
  slow = postgres(first)
  copying = postgres(second)
  inOneStatement = postgres(connectPool(third))
})
afterAll(async () => {
  await Promise.all([slow.close(), copying.close(), inOneStatement.close(), admin.end()])
  await Promise.all(pools.map((pool) => pool.end()))
  await database.close()
})

let count = 0
const fresh = (): string => `counter-i${count++}`

const store = async (
  { transfer }: PostgresBackend<unknown>,
  events: ReadonlyArray<HistoricEvent>,
): Promise<boolean> => {
  const from = await right(transfer.beginImport(freshArchive(), []))
  return (await right(transfer.storeBatch(aBatch(from, { events })))) !== undefined
}

const append = (streamId: string, expectedVersion: number, data: object = {}) => ({
  streamId,
  expectedVersion,
  events: [{ ...tick(1), data: { by: 1, ...data } }],
  commands: [],
})

const versionsOf = async (streamId: string): Promise<ReadonlyArray<number>> => {
  const { rows } = await admin.query<{ version: number }>(
    'select version from reprise.events where stream_id = $1 and schema_version > 0 order by version',
    [streamId],
  )
  return rows.map(({ version }) => version)
}

const summary = (streamId: string) => historic(streamId, 1, 3, { metadata: { beginning: true } })

describe.each([
  ['by COPY', () => copying],
  ['in one statement', () => inOneStatement],
])('an import %s', (_, backend) => {
  it('stores no summary at the beginning of a stream that a writer has found empty', async () => {
    const streamId = fresh()
    const [written, imported] = await whileClosed(admin, async () => {
      const written = right(slow.store.append(append(streamId, 0, { stops: 1 })))
      await eventually(() => isAsleep(admin, 'slow'))
      let isDone = false
      const imported = store(backend(), summary(streamId)).finally(() => {
        isDone = true
      })
      await eventually(async () => isDone || (await isAsleep(admin, 'fast')))
      return [written, imported]
    })
    expect(await written).toMatchObject({ version: 1 })
    expect(await imported).toBe(false)
    expect(await versionsOf(streamId)).toEqual([1])
  }, 60_000)

  it('lets a writer find the summary that it has begun to store', async () => {
    const streamId = fresh()
    const [first] = summary(streamId)
    if (first === undefined) throw new Error('there is a summary')
    const [written, imported] = await whileClosed(admin, async () => {
      const imported = store(backend(), [{ ...first, data: { stops: 1 } }])
      await eventually(() => isAsleep(admin, 'fast'))
      const written = slow.store.append(append(streamId, 0))()
      await eventually(async () => (await blockedIn(admin)) > 0)
      return [written, imported]
    })
    expect(await imported).toBe(true)
    expect(await written).toMatchObject({ left: { _tag: 'VersionConflict', actual: 3 } })
    expect(await versionsOf(streamId)).toEqual([3])
  }, 60_000)

  it('stores nothing in a stream that was erased since it looked, at its first look, too', async () => {
    const streamId = fresh()
    await right(slow.store.append(append(streamId, 0)))
    let imported: Promise<boolean> | undefined
    const release = await stopAnnouncement(admin, async () => {
      imported = store(backend(), historic(streamId, 1, 2))
      await eventually(async () => (await blockedIn(admin)) > 0)
    })
    await right(slow.store.append(append(streamId, 1)))
    let isErased = false
    const erasing = { streamId, by: 'test', why: 'test' }
    const erased = right(slow.operator.erase(erasing)).finally(() => {
      isErased = true
    })
    await eventually(async () => isErased || (await isAsleep(admin, 'slow')))
    await release()
    expect(await imported).toBe(false)
    await erased
    expect(await versionsOf(streamId)).toEqual([])
  }, 60_000)
})
