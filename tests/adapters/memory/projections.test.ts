import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { memoryDocuments, type MemoryTransaction } from '../../../src/adapters/memory/documents'
import type { InlineProjection } from '../../../src/core/ports/inline-projection'
import { failsWith, isMissing, succeeds } from '../../../src/testing/store-contract/checks'
import { aMark, appendTo, atOnce, numbered } from '../../../src/testing/store-contract/fixtures'
import { memoryStoreOn } from '../../support/memory-store'

type Projection = InlineProjection<MemoryTransaction>

const pause = () => new Promise((resolve) => setTimeout(resolve, 1))

/** Counts the events of each stream, reading and writing with a pause in between. */
const counting: Projection = {
  name: 'counting',
  project: (events, transaction) => async () => {
    for (const { streamId } of events) {
      const count = Number(transaction.get('counts', streamId) ?? 0)
      await pause()
      transaction.put('counts', streamId, count + 1)
    }
    return E.right(undefined)
  },
}

const failing = (project: Projection['project']): Projection => ({ name: 'failing', project })

const taken = new Error('taken')

const failures: ReadonlyArray<readonly [string, Projection]> = [
  ['answers with a Left', failing(() => TE.left(taken))],
  ['rejects', failing(() => () => Promise.reject(taken))],
  [
    'throws while it runs',
    failing(() => () => {
      throw taken
    }),
  ],
  [
    'throws before it runs',
    failing(() => {
      throw taken
    }),
  ],
]

describe('a memory store with inline projections', () => {
  it('keeps the read model with the append (Maestro’s memory store ignored it)', async () => {
    const documents = memoryDocuments()
    const store = memoryStoreOn({ projections: [counting], documents })
    await succeeds(store.append(appendTo('a-1', 0, numbered(3))))
    await succeeds(store.append(appendTo('a-2', 0, numbered(1))))
    expect(documents.get('counts', 'a-1')).toBe(3)
    expect(documents.all('counts')).toEqual([
      { key: 'a-1', value: 3 },
      { key: 'a-2', value: 1 },
    ])
  })

  it('shows the projection the events as they are stored, once for each append', async () => {
    const seen: unknown[] = []
    const watching = failing((events) => {
      seen.push(events)
      return TE.right(undefined)
    })
    const store = memoryStoreOn({ projections: [watching] })
    await succeeds(store.append(appendTo('a-1', 0, numbered(2))))
    await succeeds(store.append(appendTo('a-1', 2, numbered(1, 3))))
    const { events } = await succeeds(store.read('a-1', { after: 0, limit: 10 }))
    expect(seen).toEqual([events.slice(0, 2), events.slice(2)])
  })

  it.each(failures)('stores nothing when a projection %s', async (_how, projection) => {
    const documents = memoryDocuments()
    const store = memoryStoreOn({ projections: [counting, projection], documents })
    const request = appendTo('a-1', 0, numbered(2), [aMark('command', 2)])
    expect(await store.append(request)()).toMatchObject(
      E.left({ _tag: 'ProjectionFailed', projection: 'failing', cause: taken }),
    )
    await isMissing(store, 'a-1')
    expect(documents.all('counts')).toEqual([])
    const question = { streamId: 'a-1', after: 0, commandId: 'command', limit: 1 }
    expect((await succeeds(store.load(question))).handled).toBeUndefined()
  })

  it('continues after a projection that failed', async () => {
    let fail = true
    const once = failing(() => (fail ? TE.left('not now') : TE.right(undefined)))
    const store = memoryStoreOn({ projections: [once] })
    await failsWith(store.append(appendTo('a-1', 0, numbered(1))), { _tag: 'ProjectionFailed' })
    fail = false
    const { positions } = await succeeds(store.append(appendTo('a-1', 0, numbered(1))))
    expect(positions).toEqual([1])
  })

  it('does not call the projections after the one that failed', async () => {
    const later = jest.fn(() => TE.right(undefined))
    const refusing = failing(() => TE.left('no'))
    const store = memoryStoreOn({ projections: [refusing, { name: 'later', project: later }] })
    await failsWith(store.append(appendTo('a-1', 0, numbered(1))), { projection: 'failing' })
    expect(later).not.toHaveBeenCalled()
  })

  it('runs appends one after another, so that no count is lost', async () => {
    const documents = memoryDocuments()
    const store = memoryStoreOn({ projections: [counting], documents })
    await atOnce(10, () => succeeds(store.append(appendTo('a-1', 'any', numbered(2)))))
    expect(documents.get('counts', 'a-1')).toBe(20)
  })

  it('lets one of ten creators win, and projects that one only', async () => {
    const documents = memoryDocuments()
    const store = memoryStoreOn({ projections: [counting], documents })
    const answers = await atOnce(10, () => store.append(appendTo('a-1', 0, numbered(1)))())
    expect(answers.filter(E.isRight)).toHaveLength(1)
    expect(documents.get('counts', 'a-1')).toBe(1)
  })

  it('carries a command out once, with and without events, however many send it', async () => {
    const store = memoryStoreOn({ projections: [counting] })
    const answers = await atOnce(8, (index) =>
      store.append(
        index % 2 === 0
          ? appendTo('a-1', 'any', numbered(1), [aMark('command', 1)])
          : appendTo('a-1', 'any', [], [aMark('command', 0)]),
      )(),
    )
    expect(answers.filter(E.isRight)).toHaveLength(1)
  })

  it('enforces a unique name', async () => {
    const unique = failing((events, transaction) => {
      for (const { data } of events) {
        const name = JSON.stringify(data['number'])
        if (transaction.get('names', name) !== undefined) return TE.left(`${name} is taken`)
        transaction.put('names', name, true)
      }
      return TE.right(undefined)
    })
    const store = memoryStoreOn({ projections: [unique] })
    const answers = await atOnce(5, (index) =>
      store.append(appendTo(`a-${index}`, 0, numbered(1, 7)))(),
    )
    expect(answers.filter(E.isRight)).toHaveLength(1)
    await failsWith(store.append(appendTo('b-1', 0, [...numbered(1, 8), ...numbered(1, 8)])), {
      _tag: 'ProjectionFailed',
      cause: '8 is taken',
    })
  })

  it('shows nothing of an append that is still being projected', async () => {
    const documents = memoryDocuments()
    const store = memoryStoreOn({ projections: [counting], documents })
    const append = succeeds(store.append(appendTo('a-1', 0, numbered(1))))
    await isMissing(store, 'a-1')
    expect(documents.get('counts', 'a-1')).toBeUndefined()
    await append
    expect(documents.get('counts', 'a-1')).toBe(1)
  })

  it('does not call a projection for an append without events', async () => {
    const project = jest.fn(() => TE.right(undefined))
    const store = memoryStoreOn({ projections: [{ name: 'idle', project }] })
    await succeeds(store.append(appendTo('a-1', 0, [], [aMark('command', 0)])))
    expect(project).not.toHaveBeenCalled()
  })
})
