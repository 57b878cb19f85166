import { memory } from '../../../src/memory'
import { right } from '../../support/right'

const backend = () => {
  let time = 1_000_000
  const { documents, subscriptions, operator } = memory({ now: () => time })
  const later = (seconds: number): void => {
    time += seconds * 1_000
  }
  const numbers = async () =>
    (await right(documents.builds('totals'))).map(
      ({ version, build, state }) => `${version}.${build} ${state}`,
    )
  return { documents, subscriptions, operator, later, numbers }
}

describe('builds in memory', () => {
  it('are joined while an instance works on them, and never gone on with afterwards', async () => {
    const { documents, subscriptions, later } = backend()
    expect(await right(documents.join('totals', 1))).toMatchObject({ build: 1 })
    later(11)
    expect(await right(documents.join('totals', 1))).toMatchObject({ build: 2 })
    await right(subscriptions.register({ name: 'totals@1.2', partitions: 1, position: 0 }))
    await right(subscriptions.claim('totals@1.2', 'worker', 60_000))
    later(30)
    expect(await right(documents.join('totals', 1))).toMatchObject({ build: 2 })
    later(31)
    expect(await right(documents.join('totals', 1))).toMatchObject({ build: 3 })
  })

  it('are removed when no instance has worked on them for a minute', async () => {
    const { documents, subscriptions, later, numbers } = backend()
    for (const collection of ['totals@1.1', 'totals@1.2']) {
      await right(documents.begin('totals', 1))
      await right(subscriptions.register({ name: collection, partitions: 1, position: 0 }))
      await right(documents.put(collection, 'a', 1))
    }
    later(59)
    expect(await right(documents.sweep('totals', 10))).toBe(0)
    await right(subscriptions.claim('totals@1.2', 'worker', 1_000))
    later(2)
    expect(await right(documents.sweep('totals', 10))).toBe(1)
    expect(await numbers()).toEqual(['1.2 building'])
    later(62)
    expect(await right(documents.sweep('totals', 10))).toBe(1)
    expect(await numbers()).toEqual([])
    expect(await right(documents.begin('totals', 1))).toMatchObject({ build: 3 })
  })

  it('are not removed while an instance waits for work on them, or one has just left', async () => {
    const { documents, subscriptions, operator, later, numbers } = backend()
    for (const collection of ['totals@1.1', 'totals@1.2']) {
      await right(documents.begin('totals', 1))
      await right(subscriptions.register({ name: collection, partitions: 1, position: 0 }))
    }
    later(3_600)
    // One that is paused has no owner, whichever instance is there.
    await right(operator.pause('totals@1.1'))
    await right(subscriptions.claim('totals@1.1', 'waiting', 60_000))
    await right(subscriptions.claim('totals@1.2', 'restarting', 60_000))
    await right(subscriptions.leave('totals@1.2', 'restarting'))
    await right(documents.sweep('totals', 10))
    expect(await numbers()).toEqual(['1.1 building', '1.2 building'])
    later(61)
    await right(subscriptions.claim('totals@1.1', 'waiting', 60_000))
    await right(documents.sweep('totals', 10))
    expect(await numbers()).toEqual(['1.1 building'])
  })

  it('are kept for a day by default', async () => {
    const { documents, later, numbers } = backend()
    for (const version of [1, 2]) {
      await right(documents.activate('totals', await right(documents.begin('totals', version))))
    }
    later(86_390)
    await right(documents.sweep('totals', 10))
    expect(await numbers()).toEqual(['1.1 kept', '2.1 active'])
    later(20)
    await right(documents.sweep('totals', 10))
    expect(await numbers()).toEqual(['2.1 active'])
  })
})
