import { openCategory } from 'reprise'
import { memory } from 'reprise/memory'
import { verifyStore } from '../../src/shell/transfer/verify-store'
import { decodedEvent } from '../../src/core/transfer/encoded-event'
import { judge } from '../../src/core/transfer/judge'
import { add, counter } from '../support/counter'
import { postgresReadSide, type PostgresReadSide } from '../support/postgres-read-side'
import { left, right } from '../support/right'

let side: PostgresReadSide
beforeAll(async () => {
  side = await postgresReadSide()
})
afterAll(() => side.close())

const inMemory = memory()
const backends = [
  ['memory', () => inMemory],
  ['PostgreSQL', () => side],
] as const

let count = 0
const fresh = (): string => `t${count++}`
/** Not what the events have come to, so that it is seen where it is applied. */
const summary = (amount: number) => ({
  ...{ id: crypto.randomUUID(), type: 'Added', schemaVersion: 1 },
  ...{ data: { amount }, metadata: {} },
})
const TRUNCATED = { _tag: 'StoreFailed', reason: 'Truncated' }

describe.each(backends)('a truncated stream in %s', (_name, backend) => {
  const filled = async (versions: number): Promise<string> => {
    const id = fresh()
    const counters = openCategory(counter, backend())
    for (let version = 1; version <= versions; version++) {
      await right(counters.handleCommand(id, add(1), { commandId: `c${version}` }))
    }
    return id
  }
  const truncate = (id: string, upTo: number, amount: number) =>
    right(
      backend().operator.truncateStream({
        ...{ streamId: `counter-${id}`, upTo, summary: summary(amount) },
        ...{ by: 'test', why: 'test' },
      }),
    )

  it('is where every state in memory begins anew, however old it is', async () => {
    const id = fresh()
    const olds = Array.from({ length: 5 }, () => openCategory(counter, backend()))
    const writer = openCategory(counter, backend())
    for (const old of olds) {
      await right(writer.handleCommand(id, add(1)))
      await right(old.load(id)) // at version 1, 2, 3, 4 and 5
    }
    await right(writer.handleCommand(id, add(1)))
    await truncate(id, 4, 100)
    const states = []
    for (const old of [...olds, openCategory(counter, backend(), { pageSize: 1 })]) {
      states.push((await right(old.load(id))).state.total)
    }
    expect(states).toEqual([102, 102, 102, 6, 6, 102])
    const [first] = olds
    expect(await right(first?.handleCommand(id, add(1)) ?? writer.load(id))).toMatchObject({
      version: 7,
    })
  })

  it('has no earlier state, and repeats no answer to an earlier command', async () => {
    const id = await filled(4)
    const before = (await right(backend().store.read(`counter-${id}`, { after: 0, limit: 9 })))
      .events
    await truncate(id, 3, 3)
    const counters = openCategory(counter, backend())
    for (const version of [1, 2]) {
      expect(await left(counters.replayTo(id, version))).toMatchObject(TRUNCATED)
    }
    expect(await right(counters.replayTo(id, 3))).toMatchObject({ state: { total: 3 }, version: 3 })
    expect(await left(counters.replayTo(id, 9))).toMatchObject({ _tag: 'VersionNotReached' })
    const earlier = (before[0]?.recordedAt ?? 0) - 1
    expect(await left(counters.asOf(id, earlier))).toMatchObject(TRUNCATED)
    expect(await right(counters.asOf(id, Date.now() + 60_000))).toMatchObject({ version: 4 })
    const again = (commandId: string) => counters.handleCommand(id, add(1), { commandId })
    expect(await left(again('c1'))).toMatchObject(TRUNCATED)
    expect(await right(again('c4'))).toMatchObject({ version: 4 })
    expect(await right(backend().store.version(`counter-${id}`))).toBe(4)
  })

  it('is exported and imported with its summary as the beginning', async () => {
    const id = await filled(4)
    await truncate(id, 3, 3)
    const streamId = `counter-${id}`
    const from = backend().transfer
    const { upTo } = await right(from.exportStart())
    const found: Parameters<Parameters<typeof from.exportEvents<never>>[1]>[0][number][] = []
    await right(
      from.exportEvents<never>({ after: 0, upTo }, (page) => async () => {
        found.push(...page.filter((event) => event.streamId === streamId))
        return { _tag: 'Right', right: undefined }
      }),
    )
    expect(found.map(({ version }) => version)).toEqual([3, 4])
    for (const target of [memory(), side]) {
      // An id of its own, for one of the targets is where it comes from.
      const copies = found.map((event) => ({
        ...event,
        ...{ streamId: `${streamId}-copy-${target === side ? 'p' : 'm'}`, id: crypto.randomUUID() },
      }))
      const lines = copies.map((event, index) => ({
        ...{ _tag: 'Event' as const, event },
        at: { line: index + 1, start: 0, length: 1, text: '' },
      }))
      const to = copies[0]?.streamId ?? ''
      const look = await right(target.transfer.lookForImport([to], []))
      const { events, refusals } = judge(lines, look)
      expect([events.length, refusals]).toEqual([2, []])
      const archive = `truncated ${to} ${crypto.randomUUID()}`
      const begun = await right(target.transfer.beginImport(archive, []))
      const batch = { commands: [], refusals: [], completeTags: [] }
      const done = { lines: 2, bytes: 2, isFinished: true }
      expect(
        await right(
          target.transfer.storeBatch({
            ...batch,
            events: events.map(decodedEvent),
            from: begun,
            to: done,
          }),
        ),
      ).toMatchObject({ events: 2 })
      const loaded = await right(openCategory(counter, target).load(to.slice('counter-'.length)))
      expect(loaded).toMatchObject({ state: { total: 4 }, version: 4 })
    }
  })
})

describe('a truncated stream in PostgreSQL', () => {
  it('is counted as a removal, as is one that was archived, and no other is', async () => {
    const counters = openCategory(counter, side)
    const removals = async () =>
      (await right(side.transfer.lookForImport(['counter-none'], []))).removals ?? NaN
    const [id, other] = [fresh(), fresh()]
    const before = await removals()
    for (const one of [id, id, other]) await right(counters.handleCommand(one, add(1)))
    expect(await removals()).toBe(before)
    const by = { by: 'test', why: 'test' }
    await right(
      side.operator.truncateStream({
        ...{ streamId: `counter-${id}`, upTo: 1, summary: summary(1) },
        ...by,
      }),
    )
    expect(await removals()).toBe(before + 1)
    const streamId = `counter-${other}`
    await right(side.operator.closeStream({ streamId, ...by, at: 1 }))
    expect(await removals()).toBe(before + 1)
    await right(side.operator.archive({ streams: [streamId], ...by, tagged: 'leaveOut' }))
    expect(await removals()).toBe(before + 2)
  })

  it('verifies, with its commands and snapshots, and is refused in a hash chain', async () => {
    expect((await right(verifyStore({})(side))).defects).toEqual([])
    const id = fresh()
    const counters = openCategory(counter, side)
    await right(counters.handleCommand(id, add(1)))
    await right(counters.handleCommand(id, add(1)))
    const head = { streamId: `counter-${id}`, version: 1, hash: 'a'.repeat(64) }
    const after = await right(side.chains.sealedTo())
    await right(side.chains.seal({ after, upTo: after + 1, heads: [head] }))
    const truncating = { streamId: `counter-${id}`, upTo: 2, summary: summary(2) }
    expect(
      await left(side.operator.truncateStream({ ...truncating, by: 'test', why: 'test' })),
    ).toMatchObject({ _tag: 'InvalidOperation' })
    expect(await right(counters.replayTo(id, 1))).toMatchObject({ version: 1 })
  })
})
