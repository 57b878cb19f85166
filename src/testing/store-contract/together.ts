import assert from 'node:assert/strict'
import { type BoundarySuite, lengthIn, ROUNDS, wins, writer, WRITERS } from './boundary-suite'
import { countTo, eventsOf, failsWith, grow, holds, isMissing, same, succeeds } from './checks'
import { called, listenTo } from './append-hooks'
import { anEvent, appendTo, freshStream, numbered, repeatedly } from './fixtures'

/** What one append to several streams does. */
export const togetherAppends: BoundarySuite = {
  name: 'appends to several streams',
  tests: {
    'stores the events of every stream, each after those that are there': async (stores) => {
      const { store, second } = stores
      const [one, other] = [freshStream(), freshStream()]
      const [first, events, others] = [numbered(2), numbered(3, 3), numbered(2)]
      await succeeds(store.append(appendTo(one, 0, first)))
      const { streams } = await succeeds(
        store.appendTogether({ streams: [appendTo(one, 2, events), appendTo(other, 0, others)] }),
      )
      await holds(second, one, [...first, ...events])
      await holds(second, other, others)
      const [stored, beside] = [await eventsOf(second, one), await eventsOf(second, other)]
      same(
        streams,
        [stored.slice(2), beside].map((part) => ({
          version: part.at(-1)?.version,
          positions: part.map(({ position }) => position),
          recordedAt: part[0]?.recordedAt,
        })),
      )
      for (const { positions } of streams) assert.ok(grow(positions), 'positions increase')
    },
    'call the hooks of the store once, with the events of all streams': async ({ store }) => {
      const [one, other, none] = [freshStream(), freshStream(), freshStream()]
      const { calls, errors, stop } = listenTo(store, one)
      await succeeds(store.append(appendTo(none, 0, numbered(1))))
      const streams = [
        appendTo(one, 0, numbered(2)),
        appendTo(none, 1, []),
        appendTo(other, 'any', numbered(1)),
      ]
      await succeeds(store.appendTogether({ streams }))
      await failsWith(store.appendTogether({ streams }), { _tag: 'VersionConflicts' })
      await called(calls, 1)
      stop()
      same(
        [calls.flat(), errors],
        [[...(await eventsOf(store, one)), ...(await eventsOf(store, other))], []],
      )
    },
    'answers in the order in which the streams are named': async ({ store }) => {
      const streams = countTo(8).map((count) => appendTo(freshStream(), 0, numbered(count)))
      for (const named of [streams, streams.toReversed()]) {
        const fresh = named.map((append) => ({ ...append, streamId: freshStream() }))
        const answer = await succeeds(store.appendTogether({ streams: fresh }))
        same(
          answer.streams.map(({ version }) => version),
          fresh.map(({ events }) => events.length),
        )
      }
    },
    'checks each stream against its own expected version': async ({ store, second }) => {
      const words = ['any', 'any', 'mustExist', 'mustNotExist', 0, 3] as const
      const lengths = [0, 2, 1, 0, 0, 3]
      const ids = words.map(() => freshStream())
      for (const [index, id] of ids.entries()) {
        const events = numbered(lengths[index] ?? 0)
        if (events.length > 0) await succeeds(store.append(appendTo(id, 0, events)))
      }
      const streams = words.map((expected, index) =>
        appendTo(ids[index] ?? '', expected, numbered(1)),
      )
      const { streams: appended } = await succeeds(second.appendTogether({ streams }))
      same(
        appended.map(({ version }) => version),
        lengths.map((length) => length + 1),
      )
    },
    'names every stream that does not fit, and stores nothing to any': async (stores) => {
      const { store, second } = stores
      const [fits, behind, missing, taken] = [1, 2, 3, 4].map(() => freshStream()) as [
        string,
        string,
        string,
        string,
      ]
      await succeeds(store.append(appendTo(behind, 0, numbered(3))))
      await succeeds(store.append(appendTo(taken, 0, numbered(1))))
      const streams = [
        appendTo(taken, 'mustNotExist', numbered(1)),
        appendTo(fits, 0, numbered(2)),
        appendTo(missing, 'mustExist', numbered(1)),
        appendTo(behind, 2, numbered(1)),
      ]
      await failsWith(second.appendTogether({ streams }), {
        _tag: 'VersionConflicts',
        streams: [
          { streamId: taken, expected: 'mustNotExist', actual: 1 },
          { streamId: missing, expected: 'mustExist', actual: 0 },
          { streamId: behind, expected: 2, actual: 3 },
        ],
        attempts: 1,
      })
      await isMissing(store, fits)
      await isMissing(store, missing)
      same([await lengthIn(store, behind), await lengthIn(store, taken)], [3, 1])
    },
    'takes one stream, and a thousand': async ({ store }) => {
      for (const count of [1, 1000]) {
        const streams = countTo(count).map(() => appendTo(freshStream(), 0, numbered(1)))
        const answer = await succeeds(store.appendTogether({ streams }))
        same(answer.streams.map(({ version }) => version), streams.map(() => 1)) // prettier-ignore
        await holds(store, streams.at(-1)?.streamId ?? '', streams.at(-1)?.events ?? [])
      }
    },
    'keeps what it was given, whatever the caller does to it later': async ({ store }) => {
      const [one, other] = [freshStream(), freshStream()]
      const [events, others] = [numbered(1), numbered(1)]
      const data = { number: 1 }
      const changing = { ...anEvent({}), data }
      const sent = store.appendTogether({
        streams: [appendTo(one, 0, events), appendTo(other, 0, [changing, ...others])],
      })
      const storing = sent()
      data.number = 2
      await storing
      await holds(store, other, [{ ...changing, data: { number: 1 } }, ...others])
    },
  },
}

/** Streams that are looked at, and not written. */
export const togetherChecks: BoundarySuite = {
  name: 'streams to which nothing is added',
  tests: {
    'must be where they are expected': async ({ store, second }) => {
      const [written, seen, unseen] = [freshStream(), freshStream(), freshStream()]
      await succeeds(store.append(appendTo(seen, 0, numbered(2))))
      const streams = (expected: number) => [
        appendTo(seen, expected, []),
        appendTo(written, 0, numbered(1)),
        appendTo(unseen, 'mustNotExist', []),
      ]
      for (const expected of [1, 3]) {
        await failsWith(second.appendTogether({ streams: streams(expected) }), {
          _tag: 'VersionConflicts',
          streams: [{ streamId: seen, expected, actual: 2 }],
        })
      }
      await isMissing(store, written)
      const { streams: answers } = await succeeds(second.appendTogether({ streams: streams(2) }))
      same(
        answers.map(({ version, positions }) => [version, positions.length]),
        [
          [2, 0],
          [1, 1],
          [0, 0],
        ],
      )
      await isMissing(store, unseen)
    },
    'may be all that there is: they are all where they are expected at one moment': async ({
      store,
    }) => {
      const [one, other] = [freshStream(), freshStream()]
      await succeeds(store.append(appendTo(one, 0, numbered(1))))
      const streams = [appendTo(one, 1, []), appendTo(other, 0, [])]
      await succeeds(store.appendTogether({ streams }))
      await failsWith(
        store.appendTogether({ streams: [appendTo(one, 0, []), appendTo(other, 0, [])] }),
        { _tag: 'VersionConflicts', streams: [{ streamId: one, expected: 0, actual: 1 }] },
      )
    },
    'let only one win of two that each look at what the other one writes': (stores) =>
      repeatedly(ROUNDS, async () => {
        const [one, other] = [freshStream(), freshStream()]
        const attempt = (index: number) => {
          const [written, seen] = index % 2 === 0 ? [one, other] : [other, one]
          return writer(stores, index).appendTogether({
            streams: [appendTo(seen, 0, []), appendTo(written, 0, numbered(1))],
          })
        }
        assert.equal(await wins(WRITERS, 'VersionConflicts', attempt), 1)
        same((await lengthIn(stores.store, one)) + (await lengthIn(stores.store, other)), 1)
      }),
  },
}
