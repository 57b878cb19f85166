import assert from 'node:assert/strict'
import type { ExpectedVersion } from '../../core/expected-version'
import { type Suite, forEach, type Stores } from './suite'
import { countTo, eventsOf, isMissing, same, succeeds, winnersAmong } from './checks'
import { appendTo, atOnce, freshStream, numbered, repeatedly } from './fixtures'

const WRITERS = 10
const ROUNDS = 10

/** Every second writer uses the second connection. */
const writer = ({ store, second }: Stores, index: number) => (index % 2 === 0 ? store : second)

const creators: ReadonlyArray<ExpectedVersion> = ['mustNotExist', 0]

/** Every expected version, with concurrent writers. */
export const races: Suite = {
  name: 'races',
  tests: {
    ...forEach(
      creators,
      (expected) => `lets exactly one of ten creators win when ${expected} is expected`,
      (expected) => (stores) =>
        repeatedly(ROUNDS, async () => {
          const id = freshStream()
          const answers = await atOnce(WRITERS, (index) =>
            writer(stores, index).append(appendTo(id, expected, numbered(2, index * 10)))(),
          )
          assert.equal(winnersAmong(answers, 'VersionConflict').length, 1)
          same(versionsOf(await eventsOf(stores.second, id)), [1, 2])
        }),
    ),
    'lets exactly one of ten appends at the same version win': (stores) =>
      repeatedly(ROUNDS, async () => {
        const id = freshStream()
        await succeeds(stores.store.append(appendTo(id, 0, numbered(3))))
        const answers = await atOnce(WRITERS, (index) =>
          writer(stores, index).append(appendTo(id, 3, numbered(2, index * 10)))(),
        )
        assert.equal(winnersAmong(answers, 'VersionConflict').length, 1)
        same(versionsOf(await eventsOf(stores.second, id)), countTo(5))
      }),
    'stores ten concurrent appends to a stream that must exist': (stores) =>
      repeatedly(ROUNDS, async () => {
        const id = freshStream()
        await succeeds(stores.store.append(appendTo(id, 0, numbered(1))))
        await allLand(stores, id, 'mustExist', 1)
      }),
    'stores ten concurrent appends to a stream at any version': (stores) =>
      repeatedly(ROUNDS, () => allLand(stores, freshStream(), 'any', 0)),
    'stores none of ten concurrent appends to a missing stream that must exist': async (stores) => {
      const id = freshStream()
      const answers = await atOnce(WRITERS, (index) =>
        writer(stores, index).append(appendTo(id, 'mustExist', numbered(1)))(),
      )
      same(winnersAmong(answers, 'VersionConflict'), [])
      await isMissing(stores.second, id)
    },
    'stores concurrent appends to fifty streams': async (stores) => {
      const ids = countTo(50).map(() => freshStream())
      const answers = await Promise.all(
        ids.map((id, index) => writer(stores, index).append(appendTo(id, 0, numbered(2)))()),
      )
      assert.equal(winnersAmong(answers, 'VersionConflict').length, 50)
      for (const id of ids) same(versionsOf(await eventsOf(stores.store, id)), [1, 2])
    },
    'loses no update when eight writers read, decide and try again': async (stores) => {
      const id = freshStream()
      await atOnce(8, async (index) => {
        for (let done = 0; done < 5;) {
          const store = writer(stores, index)
          const { length } = await eventsOf(store, id)
          const answer = await store.append(appendTo(id, length, numbered(1, length + 1)))()
          done += winnersAmong([answer], 'VersionConflict').length
        }
      })
      same(
        (await eventsOf(stores.store, id)).map(({ data }) => data['number']),
        countTo(40),
      )
    },
  },
}

const versionsOf = (events: ReadonlyArray<{ readonly version: number }>): ReadonlyArray<number> =>
  events.map(({ version }) => version)

const allLand = async (
  stores: Stores,
  id: string,
  expected: ExpectedVersion,
  before: number,
): Promise<void> => {
  const answers = await atOnce(WRITERS, (index) =>
    writer(stores, index).append(appendTo(id, expected, numbered(2, 1000 + index * 10)))(),
  )
  const won = winnersAmong(answers, 'VersionConflict')
  const ends = won.map(({ version }) => version).sort((left, right) => left - right)
  same(
    ends,
    countTo(WRITERS).map((count) => before + count * 2),
  )
  const events = await eventsOf(stores.second, id)
  same(versionsOf(events), countTo(before + WRITERS * 2))
  // The two events of one append are adjacent, even with concurrent writers.
  for (const { data, version } of events.slice(before)) {
    const number = Number(data['number'])
    const partner = events[number % 10 === 0 ? version : version - 2]
    same(partner?.data['number'], number % 10 === 0 ? number + 1 : number - 1)
  }
}
