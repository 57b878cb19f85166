import assert from 'node:assert/strict'
import {
  type BoundarySuite,
  lengthIn,
  ROUNDS,
  turned,
  wins,
  writer,
  WRITERS,
} from './boundary-suite'
import { countTo, eventsOf, same, succeeds } from './checks'
import { anEvent, appendTo, atOnce, freshStream, numbered, repeatedly } from './fixtures'

/** Appends to the same streams at the same time. */
export const togetherRaces: BoundarySuite = {
  name: 'races for several streams',
  tests: {
    'are won by exactly one of ten, whatever the order in which they name the streams': (stores) =>
      repeatedly(ROUNDS, async () => {
        const ids = countTo(3).map(() => freshStream())
        const attempt = (index: number) =>
          writer(stores, index).appendTogether({
            streams: turned(ids, index).map((id) => appendTo(id, 0, numbered(2, index * 10))),
          })
        assert.equal(await wins(WRITERS, 'VersionConflicts', attempt), 1)
        const stored = await Promise.all(ids.map((id) => eventsOf(stores.second, id)))
        same(stored.map((events) => events.length), [2, 2, 2]) // prettier-ignore
        assert.equal(new Set(stored.map(([first]) => first?.data['number'])).size, 1)
      }),
    'are won by one of those that share a single stream': (stores) =>
      repeatedly(ROUNDS, async () => {
        const shared = freshStream()
        const own = countTo(WRITERS).map(() => freshStream())
        const attempt = (index: number) => {
          const streams = [shared, own[index] ?? ''].map((id) => appendTo(id, 0, numbered(1)))
          return writer(stores, index).appendTogether({ streams: turned(streams, index) })
        }
        assert.equal(await wins(WRITERS, 'VersionConflicts', attempt), 1)
        const lengths = await Promise.all(own.map((id) => lengthIn(stores.store, id)))
        same(lengths.filter((length) => length > 0), [1]) // prettier-ignore
      }),
    'are won by all that expect any version, whatever the order in which they name the streams': (
      stores,
    ) =>
      repeatedly(ROUNDS, async () => {
        const ids = countTo(3).map(() => freshStream())
        const attempt = (index: number) =>
          writer(stores, index).appendTogether({
            streams: turned(ids, index).map((id) => appendTo(id, 'any', numbered(1, index))),
          })
        assert.equal(await wins(WRITERS, 'VersionConflicts', attempt), WRITERS)
        for (const id of ids) {
          const events = await eventsOf(stores.store, id)
          same(events.map(({ version }) => version), countTo(WRITERS)) // prettier-ignore
        }
      }),
    'leave nothing half stored beside appends to one of the streams': (stores) =>
      repeatedly(ROUNDS, async () => {
        const [one, other] = [freshStream(), freshStream()]
        const [together, alone] = await Promise.all([
          wins(WRITERS / 2, 'VersionConflicts', (index) =>
            writer(stores, index).appendTogether({
              streams: turned([one, other], index).map((id) => appendTo(id, 0, numbered(1))),
            }),
          ),
          atOnce(WRITERS / 2, (index) =>
            writer(stores, index).append(appendTo(index % 2 === 0 ? one : other, 0, numbered(1)))(),
          ),
        ])
        const lengths = [await lengthIn(stores.store, one), await lengthIn(stores.store, other)]
        same(lengths, together === 1 ? [1, 1] : lengths.map((length) => Math.min(length, 1)))
        const stored = lengths.reduce((sum, length) => sum + length, 0)
        assert.equal(together * 2 + alone.filter(({ _tag }) => _tag === 'Right').length, stored)
      }),
    'are seen in all of the streams at once, or in none': async (stores) => {
      const [one, other] = [freshStream(), freshStream()]
      const ending = new AbortController()
      const writing = (async () => {
        for (let count = 0; count < 40; count++) {
          const streams = [one, other].map((id) => appendTo(id, count, numbered(1)))
          await succeeds(stores.store.appendTogether({ streams: turned(streams, count) }))
        }
      })().finally(() => {
        ending.abort()
      })
      for (let turn = 0; !ending.signal.aborted; turn++) {
        const [first, later] = turn % 2 === 0 ? [one, other] : [other, one]
        const before = await lengthIn(stores.second, first)
        const after = await lengthIn(stores.second, later)
        assert.ok(after >= before, `${before} events were seen, and then ${after} beside them`)
        await new Promise((resolve) => setImmediate(resolve))
      }
      await writing
    },
    'conserve a sum that eight writers move between five streams': async (stores) => {
      const ids = countTo(5).map(() => freshStream())
      const moved = (amount: number) => [anEvent({ amount })]
      const stateOf = async (id: string) => {
        const events = await eventsOf(stores.store, id)
        const sum = events.reduce((total, { data }) => total + Number(data['amount']), 0)
        return { sum, version: events.length }
      }
      for (const id of ids) await succeeds(stores.store.append(appendTo(id, 0, moved(10))))
      await atOnce(8, async (index) => {
        for (let done = 0; done < 4;) {
          const [from = '', to = ''] = [ids[(index + done) % 5], ids[(index * 2 + done + 1) % 5]]
          if (from === to) {
            done += 1
            continue
          }
          const [giver, taker] = [await stateOf(from), await stateOf(to)]
          const amount = giver.sum // all of it: moved twice, it is missing
          const streams = [
            appendTo(from, giver.version, moved(-amount)),
            appendTo(to, taker.version, moved(amount)),
          ]
          const answer = await writer(stores, index).appendTogether({
            streams: turned(streams, index),
          })()
          if (answer._tag === 'Right') done += 1
          else assert.equal(answer.left._tag, 'VersionConflicts', answer.left.message)
        }
      })
      const sums = (await Promise.all(ids.map(stateOf))).map(({ sum }) => sum)
      assert.ok(sums.every((sum) => sum >= 0), `${sums.join()}: none is below 0`) // prettier-ignore
      assert.equal(sums.reduce((total, sum) => total + sum, 0), 50) // prettier-ignore
    },
  },
}
