import { openCategory } from 'reprise'
import { boundaryOf, openBoundary } from 'reprise/boundary'
import { memory } from 'reprise/memory'
import { postgres } from 'reprise/postgres'
import type { Operator } from '../../src/core/ports/operator'
import { isComplete } from '../../src/core/tagged-category'
import { rebuildTags } from '../../src/shell/category/rebuild-tags'
import { account, deposit, withdraw } from '../support/bank'
import { migratedDatabase } from '../support/postgres'
import { left, right } from '../support/right'
import { freshId, type StoreUnderTest } from '../support/stores'

interface Subject extends Omit<StoreUnderTest, 'second'> {
  readonly operator: Operator
}

const subjects: ReadonlyArray<readonly [string, () => Promise<Subject>]> = [
  [
    'memory',
    () => {
      const { store, operator } = memory()
      return Promise.resolve({ store, operator, close: () => Promise.resolve() })
    },
  ],
  [
    'PostgreSQL',
    async () => {
      const database = await migratedDatabase()
      const { store, operator } = postgres(database.connect())
      return { store, operator, close: database.close }
    },
  ],
]

const INCOMPLETE = { _tag: 'StoreFailed', reason: 'TagsIncomplete' }

describe.each(subjects)('tags of what was stored before, on %s', (_name, open) => {
  let subject: Subject
  beforeEach(async () => {
    subject = await open()
  })
  afterEach(() => subject.close())

  const tagged = { ...account, tags: (_event: unknown, id: string) => [`owner:${id}`] }
  const query = (id: string) => [{ tags: [`owner:${id}`] }] as const
  const signal = new AbortController().signal
  const old = () => openCategory(account, subject)
  const now = () => openCategory(tagged, subject)
  const matching = (id: string) => subject.store.readMatching(query(id), { limit: 100 })

  it('are complete for a category that had them from the start, and nothing is refused', async () => {
    const id = freshId()
    await right(now().handleCommand(id, deposit(5)))
    expect((await right(matching(id))).events).toHaveLength(1)
    expect(await right(subject.operator.taggedCategories())).toEqual([
      { category: account.name, completeAfter: 0, rebuiltTo: 0, enforced: false },
    ])
  })

  it('are refused to readers and conditions from the first tagged append on, until they are rebuilt', async () => {
    const id = freshId()
    await right(old().handleCommand(id, deposit(5)))
    const before = await right(matching(id))
    expect(before.events).toHaveLength(0)
    await right(now().handleCommand(id, deposit(5)))
    const refused = await left(matching(id))
    expect(refused).toMatchObject(INCOMPLETE)
    expect(refused.message).toContain('npx reprise tags rebuild')
    expect(refused.message).toContain(account.name)
    const append = (sight: typeof before.sight) =>
      subject.store.appendTogether({
        streams: [{ streamId: `other-${id}`, expectedVersion: 'any', events: [], commands: [] }],
        condition: { query: query(id), sight },
      })
    expect(await left(append(before.sight))).toMatchObject(INCOMPLETE)

    const progress: number[] = []
    const onProgress = (reached: number) => progress.push(reached)
    const rebuilt = await right(rebuildTags(tagged, { signal, batchSize: 1, onProgress })(subject))
    expect(rebuilt !== undefined && isComplete(rebuilt)).toBe(true)
    expect(progress.length).toBeGreaterThan(0)
    const found = await right(matching(id))
    expect(found.events.map(({ version }) => version)).toEqual([1, 2])
    expect((await right(append(found.sight))).streams).toHaveLength(1)
  })

  it('make what was seen before a rebuild worth nothing, and what is counted from the start right', async () => {
    const id = freshId()
    await right(now().handleCommand(id, deposit(5)))
    await right(rebuildTags(tagged, { signal })(subject))
    const changed = { ...account, tags: () => ['everyone', `owner:${id}`] }
    const everyone = [{ tags: ['everyone'] }] as const
    const before = await right(subject.store.readMatching(everyone, { limit: 10 }))
    expect(before).toMatchObject({ events: [], more: false })
    await right(rebuildTags(changed, { signal, which: 'again' })(subject))
    const holds = (sight: typeof before.sight) =>
      subject.store.appendTogether({
        streams: [{ streamId: `other-${id}`, expectedVersion: 'any', events: [], commands: [] }],
        condition: { query: everyone, sight },
      })
    expect(await left(holds(before.sight))).toMatchObject({ _tag: 'BoundaryConflict' })
    const goingOn = { limit: 10, sight: before.sight }
    const rest = await right(subject.store.readMatching(everyone, goingOn))
    expect(await left(holds(rest.sight))).toMatchObject({ _tag: 'BoundaryConflict' })
    const after = await right(subject.store.readMatching(everyone, { limit: 10 }))
    expect(after.events).toHaveLength(1)
    await right(holds(after.sight))
    expect(await left(holds({ after: 0, count: 0 }))).toMatchObject({ _tag: 'BoundaryConflict' })
    await right(holds({ after: 0, count: 1 }))
  })

  it('are refused to a boundary whose home has events without any, as soon as it appends there', async () => {
    const id = freshId()
    await right(old().handleCommand(id, deposit(5)))
    const one = openBoundary(boundaryOf(tagged, id), subject)
    const refused = await left(one.handleCommand(deposit(5)))
    expect(refused).toMatchObject(INCOMPLETE)
    expect(await right(subject.store.version(`${account.name}-${id}`))).toBe(1)
    await right(rebuildTags(tagged, { signal })(subject))
    const query = [{ tags: [`${account.name}-${id}`] }] as const
    expect((await right(one.load(query))).version).toBe(0) // its tags are others
    const everyTag = { ...tagged, tags: () => [`${account.name}-${id}`] }
    await right(rebuildTags(everyTag, { signal, which: 'again' })(subject))
    const { state, version } = await right(one.handleCommand(deposit(5)))
    expect({ balance: state.balance, version }).toEqual({ balance: 10, version: 2 })
  })

  it('are complete for the home of a boundary that was there first', async () => {
    const id = freshId()
    const one = openBoundary(boundaryOf(tagged, id), subject)
    await right(one.handleCommand(deposit(5)))
    await right(one.handleCommand(deposit(5)))
    expect(await right(subject.operator.taggedCategories())).toEqual([
      { category: account.name, completeAfter: 0, rebuiltTo: 0, enforced: false },
    ])
  })

  it('are refused to a release that declares none, whose commands store nothing', async () => {
    const [id, fresh] = [freshId(), freshId()]
    await right(old().handleCommand(id, deposit(5)))
    await right(rebuildTags(tagged, { signal })(subject))
    const refused = { _tag: 'StoreFailed', reason: 'TagsNotDeclared', outcome: 'nothingWritten' }
    expect(await left(old().handleCommand(fresh, deposit(1)))).toMatchObject(refused)
    expect(await right(subject.store.version(`${account.name}-${fresh}`))).toBe(0)
    await right(now().handleCommand(fresh, deposit(1)))
    await right(now().handleCommand(id, withdraw(1)))
    expect((await right(matching(id))).events).toHaveLength(2)
  })

  it('go on where they were when a rebuild is interrupted', async () => {
    const ids = Array.from({ length: 6 }, freshId)
    for (const id of ids) await right(old().handleCommand(id, deposit(5)))
    const stop = new AbortController()
    const seen: string[] = []
    const counting = {
      ...tagged,
      tags: (_event: unknown, id: string) => {
        seen.push(id)
        return [`owner:${id}`]
      },
    }
    const first = await right(
      rebuildTags(counting, { signal: stop.signal, batchSize: 2, onProgress: () => stop.abort() })(
        subject,
      ),
    )
    expect(first !== undefined && isComplete(first)).toBe(false)
    expect(await left(matching(ids[0] ?? ''))).toMatchObject(INCOMPLETE)
    await right(rebuildTags(counting, { signal, batchSize: 2 })(subject))
    expect(seen.toSorted()).toEqual(ids.toSorted()) // each once
    for (const id of ids) expect((await right(matching(id))).events).toHaveLength(1)
  })

  it('say which event cannot be read, or for which one their function throws', async () => {
    const id = freshId()
    await right(old().handleCommand(id, deposit(5)))
    const throwing = {
      ...account,
      tags: () => {
        throw new Error('no tags')
      },
    }
    expect(await left(rebuildTags(throwing, { signal })(subject))).toMatchObject({
      _tag: 'DeciderThrew',
      during: 'tags',
      streamId: `${account.name}-${id}`,
    })
    expect(await left(matching(id))).toMatchObject(INCOMPLETE)
    expect(
      await left(rebuildTags({ ...account, tags: () => [''] }, { signal })(subject)),
    ).toMatchObject({ _tag: 'InvalidOperation', argument: 'batch' })
  })
})
