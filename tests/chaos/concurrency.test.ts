import { isRight } from 'fp-ts/Either'
import { randomUUID } from 'node:crypto'
import { openCategory } from 'reprise'
import { type EventStore } from 'reprise/adapter'
import { postgres } from 'reprise/postgres'
import { counter } from '../support/counter'
import { type MigratedDatabase, migratedDatabase } from '../support/postgres'
import { startWorker } from '../support/process'
import { right } from '../support/right'

interface RightAnswer {
  readonly _tag: string
  readonly right: { readonly version: number }
}

describe('PostgreSQL under concurrency', () => {
  let database: MigratedDatabase<unknown>
  let stores: ReadonlyArray<EventStore>

  beforeAll(async () => {
    database = await migratedDatabase()
    stores = Array.from({ length: 10 }, () => postgres(database.connect(1)).store)
  })
  afterAll(() => database.close())

  const event = () => ({
    id: randomUUID(),
    type: 'Added',
    schemaVersion: 1,
    data: { amount: 1 },
    metadata: {},
  })

  it.each(['mustNotExist', 0] as const)(
    'lets exactly one of ten creators win with %s, in each of 200 rounds',
    async (expectedVersion) => {
      for (let round = 0; round < 200; round++) {
        const streamId = `race-${expectedVersion}-${round}`
        const answers = await Promise.all(
          stores.map((store) =>
            store.append({ streamId, expectedVersion, events: [event()], commands: [] })(),
          ),
        )
        expect(answers.filter(isRight)).toHaveLength(1)
        for (const answer of answers) {
          if (!isRight(answer)) {
            expect(answer.left).toMatchObject({ _tag: 'VersionConflict', actual: 1 })
          }
        }
      }
    },
    120_000,
  )

  it('lets exactly one of ten writers win at every exact version, for 200 versions', async () => {
    for (let expectedVersion = 0; expectedVersion < 200; expectedVersion++) {
      const answers = await Promise.all(
        stores.map((store) =>
          store.append({
            streamId: 'race-exact',
            expectedVersion,
            events: [event()],
            commands: [],
          })(),
        ),
      )
      expect(answers.filter(isRight)).toHaveLength(1)
    }
  }, 120_000)

  it('lets all of ten writers append to a stream that must exist, in each of 50 rounds', async () => {
    const streamId = 'race-existing'
    const request = { streamId, commands: [] }
    const [first] = stores
    await right(first!.append({ ...request, expectedVersion: 0, events: [event()] }))
    const versions: number[] = []
    for (let round = 0; round < 50; round++) {
      const answers = await Promise.all(
        stores.map((store) =>
          right(
            store.append({ ...request, expectedVersion: 'mustExist', events: [event(), event()] }),
          ),
        ),
      )
      versions.push(...answers.map(({ version }) => version))
    }
    expect(versions.sort((a, b) => a - b)).toEqual(Array.from({ length: 500 }, (_, n) => 2 * n + 3))
  }, 120_000)

  it('gives 16 workers in 4 processes, with 50 commands each on one stream, 800 effects', async () => {
    const input = { url: database.url, id: 'hot', workers: 4, commands: 50 }
    const lines = await Promise.all(
      Array.from({ length: 4 }, () => startWorker('chaos/commands.worker.ts', input).done),
    )
    const answers = lines.flat() as ReadonlyArray<RightAnswer>
    expect(answers.filter(({ _tag }) => _tag !== 'Right')).toEqual([])
    const versions = answers.map((answer) => answer.right.version).sort((a, b) => a - b)
    expect(versions).toEqual(Array.from({ length: 800 }, (_, n) => n + 1))
    const counters = openCategory(counter, { store: stores[0]! })
    expect(await right(counters.replayTo('hot', 800))).toMatchObject({ state: { total: 800 } })
  }, 120_000)

  it('gives a command id one effect when 8 callers send it at once, and a fresh process later', async () => {
    const input = { url: database.url, id: 'once', workers: 2, commands: 1, commandId: 'c' }
    const at = Array.from({ length: 4 }, () => startWorker('chaos/commands.worker.ts', input).done)
    const lines = (await Promise.all(at)).flat()
    const later = await startWorker('chaos/commands.worker.ts', { ...input, workers: 1 }).done
    expect(lines).toHaveLength(8)
    for (const line of [...lines, ...later]) expect(line).toEqual(lines[0])
    expect(lines[0]).toMatchObject({ _tag: 'Right', right: { version: 1 } })
    const page = await right(stores[0]!.read('counter-once', { after: 0, limit: 10 }))
    expect(page.events).toHaveLength(1)
  }, 120_000)
})
