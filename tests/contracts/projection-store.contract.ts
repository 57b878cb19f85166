import { randomUUID } from 'node:crypto'
import { right } from '../support/right'
import type { ReadSideUnderTest } from './read-side'

/** What every store of read models must do. */
export const projectionStoreContract = <Transaction>(
  open: () => Promise<ReadSideUnderTest<Transaction>>,
): void => {
  let side: ReadSideUnderTest<Transaction>
  let name: string
  beforeAll(async () => {
    side = await open()
  })
  afterAll(() => side.close())
  beforeEach(() => {
    name = `collection-${randomUUID()}`
  })
  const valueOf = async (key: string, collection = name) =>
    (await right(side.projections.get(collection, key)))?.value

  it('gets what was put, and nothing that was deleted', async () => {
    await right(side.projections.put(name, 'a', { n: 1 }))
    await right(side.projections.put(name, 'a', { n: 2 }))
    expect(await right(side.projections.get(name, 'a'))).toEqual({
      key: 'a',
      value: { n: 2 },
      revision: 0,
    })
    await right(side.projections.delete(name, 'a'))
    await right(side.projections.delete(name, 'a'))
    expect(await right(side.projections.get(name, 'a'))).toBeUndefined()
  })

  it.each([null, 'text', 7, false, ['x', 1]])('keeps %j as a value', async (value) => {
    await right(side.projections.put(name, 'a', value))
    expect(await valueOf('a')).toEqual(value)
  })

  it('writes many at once, and gets those that are there', async () => {
    await right(side.projections.put(name, 'old', 0))
    await right(side.projections.write(name, [{ key: 'a', value: 1 }, { key: 'old' }]))
    await right(side.projections.write(name, []))
    expect(await right(side.projections.some(name, ['a', 'old', 'none']))).toEqual([
      { key: 'a', value: 1, revision: 0 },
    ])
  })

  it('gives a collection in pages by the code points of its keys, filtered', async () => {
    const keys = ['b', 'a', '\u{1F600}', '\uFF5E', 'c']
    for (const [n, key] of keys.entries()) {
      await right(side.projections.put(name, key, { odd: n % 2 === 1, inner: { n } }))
    }
    const first = await right(side.projections.all(name, { after: '', limit: 3 }))
    expect(first.documents.map(({ key }) => key)).toEqual(['a', 'b', 'c'])
    expect(first.more).toBe(true)
    const rest = await right(side.projections.all(name, { after: 'c', limit: 3 }))
    expect(rest.documents.map(({ key }) => key)).toEqual(['\uFF5E', '\u{1F600}'])
    expect(rest.more).toBe(false)
    const odd = { after: '', limit: 9, where: { odd: true } }
    expect((await right(side.projections.all(name, odd))).documents.map(({ key }) => key)).toEqual([
      'a',
      '\uFF5E',
    ])
    const inner = { after: '', limit: 9, where: { inner: { n: 0 } } }
    expect((await right(side.projections.all(name, inner))).documents).toHaveLength(1)
  })

  it('never lets a stale write win, whatever the order of the writes', async () => {
    const revisions = [3, 1, 4, 2, 4]
    const written = await Promise.all(
      revisions.map((revision) => right(side.projections.putNewer(name, 'a', revision, revision))),
    )
    expect(written.filter(Boolean).length).toBeGreaterThan(0)
    expect(await right(side.projections.get(name, 'a'))).toMatchObject({ value: 4, revision: 4 })
  })

  it('does not bring a deleted document back with a stale write', async () => {
    await right(side.projections.putNewer(name, 'a', 1, 1))
    await right(side.projections.putNewer(name, 'a', undefined, 3))
    expect(await right(side.projections.putNewer(name, 'a', 2, 2))).toBe(false)
    expect(await right(side.projections.get(name, 'a'))).toBeUndefined()
    expect((await right(side.projections.all(name, { after: '', limit: 9 }))).documents).toEqual([])
  })

  it('shows readers the active build, and the next one from one moment on', async () => {
    const build = (version: number, number: number) => ({
      version,
      build: number,
      collection: `${name}@${version}.${number}`,
    })
    expect(await right(side.projections.active(name))).toBeUndefined()
    await right(side.projections.put(build(1, 1).collection, 'a', 'first'))
    await right(side.projections.put(build(2, 1).collection, 'a', 'second'))
    expect(await right(side.projections.activate(name, build(1, 1)))).toEqual(build(1, 1))
    expect(await valueOf('a')).toBe('first')
    await right(side.projections.activate(name, build(2, 1)))
    expect(await valueOf('a')).toBe('second')
    expect(await right(side.projections.activate(name, build(1, 2)))).toEqual(build(2, 1))
    expect(await right(side.projections.active(name))).toEqual(build(2, 1))
    expect((await right(side.projections.all(name, { after: '', limit: 9 }))).documents).toEqual([
      { key: 'a', value: 'second', revision: 0 },
    ])
  })

  it('clears a collection in portions', async () => {
    for (const key of ['a', 'b', 'c']) await right(side.projections.put(name, key, 1))
    expect(await right(side.projections.clear(name, 2))).toBe(2)
    expect(await right(side.projections.clear(name, 2))).toBe(1)
    expect(await right(side.projections.clear(name, 2))).toBe(0)
  })
}
