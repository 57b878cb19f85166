import assert from 'node:assert/strict'
import type { AppendRequest } from '../../core/append'
import type { AppendTogetherError } from '../../core/errors/unions'
import type { BoundaryStore } from '../../core/ports/boundary-store'
import type { EventStore } from '../../core/ports/event-store'
import type { Opened, SuiteOf } from '../suites'
import {
  countTo,
  eventsOf,
  failsWith,
  grow,
  handledBy,
  holds,
  isMissing,
  same,
  succeeds,
} from './checks'
import {
  aMark,
  anEvent,
  appendTo,
  atOnce,
  freshCommandId,
  freshStream,
  numbered,
  repeatedly,
} from './fixtures'

/** The same data over separate connections; the same object twice if the adapter has only one. */
export interface BoundaryStores extends Opened {
  readonly store: EventStore & BoundaryStore
  readonly second: EventStore & BoundaryStore
}

type Suite = SuiteOf<BoundaryStores>

const WRITERS = 10
const ROUNDS = 10

/** Every second writer uses the second connection. */
const writer = ({ store, second }: BoundaryStores, index: number) =>
  index % 2 === 0 ? store : second

/** Every second writer names the streams the other way round. */
const turned = <Item>(items: ReadonlyArray<Item>, index: number): ReadonlyArray<Item> =>
  index % 2 === 0 ? items : items.toReversed()

const lengthIn = async (store: EventStore, streamId: string): Promise<number> =>
  (await eventsOf(store, streamId)).length

/** How many of the attempts succeeded; all others must have failed like this. */
const wins = async (
  attempts: number,
  loser: AppendTogetherError['_tag'],
  attempt: (index: number) => ReturnType<BoundaryStore['appendTogether']>,
): Promise<number> => {
  const answers = await atOnce(attempts, (index) => attempt(index)())
  const lost = answers.flatMap((answer) => (answer._tag === 'Left' ? [answer.left] : []))
  for (const error of lost) assert.equal(error._tag, loser, error.message)
  return attempts - lost.length
}

/** What one append to several streams does. */
export const togetherAppends: Suite = {
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
export const togetherChecks: Suite = {
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

/** Commands that are remembered with an append to several streams. */
export const togetherCommands: Suite = {
  name: 'commands of several streams',
  tests: {
    'are remembered on every stream, with their events': async ({ store, second }) => {
      const [one, other, idle] = [freshStream(), freshStream(), freshStream()]
      const commandId = freshCommandId()
      await succeeds(store.append(appendTo(one, 0, numbered(2))))
      await succeeds(
        store.appendTogether({
          streams: [
            appendTo(one, 2, numbered(1), [aMark(commandId, 1, 0, 'of one')]),
            appendTo(other, 0, numbered(3), [aMark(commandId, 2, 1)]),
            appendTo(idle, 0, [], [aMark(commandId, 0)]),
          ],
        }),
      )
      same(await handledBy(second, one, commandId), {
        after: 2,
        eventCount: 1,
        fingerprint: 'of one',
      })
      same(await handledBy(second, other, commandId), { after: 1, eventCount: 2 })
      same(await handledBy(second, idle, commandId), { after: 0, eventCount: 0 })
    },
    'are not remembered where nothing was stored': async ({ store }) => {
      const [one, other, commandId] = [freshStream(), freshStream(), freshCommandId()]
      const streams = [
        appendTo(one, 0, numbered(1), [aMark(commandId, 1)]),
        appendTo(other, 7, numbered(1), [aMark(commandId, 1)]),
      ]
      await failsWith(store.appendTogether({ streams }), { _tag: 'VersionConflicts' })
      assert.equal(await handledBy(store, one, commandId), undefined)
      await isMissing(store, one)
    },
    'have no effect again on any stream, and are noticed before a version is': async (stores) => {
      const { store, second } = stores
      const [one, other, commandId] = [freshStream(), freshStream(), freshCommandId()]
      const mark = aMark(commandId, 1, 0, 'first')
      await succeeds(store.append(appendTo(one, 0, numbered(1), [mark])))
      const streams = [
        appendTo(other, 9, numbered(1)),
        appendTo(one, 0, numbered(1), [aMark(commandId, 1, 0, 'second')]),
      ]
      await failsWith(second.appendTogether({ streams }), {
        _tag: 'CommandAlreadyHandled',
        streamId: one,
        commandId,
        after: 0,
        eventCount: 1,
        fingerprint: 'first',
      })
      await isMissing(store, other)
      assert.equal(await lengthIn(store, one), 1)
    },
    'have their effect once when ten send them at the same time': (stores) =>
      repeatedly(ROUNDS, async () => {
        const [one, other, commandId] = [freshStream(), freshStream(), freshCommandId()]
        const streams = [one, other].map((id) =>
          appendTo(id, 'any', numbered(1), [aMark(commandId, 1)]),
        )
        const attempt = (index: number) =>
          writer(stores, index).appendTogether({ streams: turned(streams, index) })
        assert.equal(await wins(WRITERS, 'CommandAlreadyHandled', attempt), 1)
        same([await lengthIn(stores.store, one), await lengthIn(stores.store, other)], [1, 1])
      }),
    'have their effect once also when they do nothing': (stores) =>
      repeatedly(ROUNDS, async () => {
        const [one, other, commandId] = [freshStream(), freshStream(), freshCommandId()]
        const streams = [one, other].map((id) => appendTo(id, 'any', [], [aMark(commandId, 0)]))
        const attempt = (index: number) =>
          writer(stores, index).appendTogether({ streams: turned(streams, index) })
        assert.equal(await wins(WRITERS, 'CommandAlreadyHandled', attempt), 1)
      }),
  },
}

/** Appends to the same streams at the same time. */
export const togetherRaces: Suite = {
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
      let isOver = false
      const writing = (async () => {
        for (let count = 0; count < 40; count++) {
          const streams = [one, other].map((id) => appendTo(id, count, numbered(1)))
          await succeeds(stores.store.appendTogether({ streams: turned(streams, count) }))
        }
      })().finally(() => {
        isOver = true
      })
      for (let turn = 0; !isOver; turn++) {
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

interface Case {
  readonly name: string
  readonly error: object
  /** The streams, from a valid append to one of them. */
  readonly streams: (valid: AppendRequest) => ReadonlyArray<AppendRequest>
}

const large = (length: number) => [anEvent({ text: 'x'.repeat(length) })]

const bad: ReadonlyArray<Case> = [
  { name: 'no stream', error: { _tag: 'InvalidAppend' }, streams: () => [] },
  {
    name: 'the same stream twice',
    error: { _tag: 'InvalidAppend' },
    streams: (valid) => [valid, { ...valid, events: numbered(1), commands: [] }],
  },
  {
    name: 'the same stream twice, once without events',
    error: { _tag: 'InvalidAppend' },
    streams: (valid) => [valid, { ...valid, events: [], commands: [] }],
  },
  {
    name: '1,001 streams',
    error: { _tag: 'InvalidAppend' },
    streams: (valid) => [
      valid,
      ...countTo(1000).map(() => appendTo(freshStream(), 0, numbered(1))),
    ],
  },
  {
    name: 'a stream id with a NUL',
    error: { _tag: 'InvalidStreamId', streamId: 'a-\u0000' },
    streams: (valid) => [valid, appendTo('a-\u0000', 0, numbered(1))],
  },
  {
    name: 'an expected version of -1',
    error: { _tag: 'InvalidAppend' },
    streams: (valid) => [valid, appendTo(freshStream(), -1, numbered(1))],
  },
  {
    name: 'a command id with a NUL',
    error: { _tag: 'InvalidAppend' },
    streams: (valid) => [valid, appendTo(freshStream(), 0, numbered(1), [aMark('a\u0000', 1)])],
  },
  {
    name: 'an event with NaN',
    error: { _tag: 'UnencodableEvent', index: 1 },
    streams: (valid) => [
      valid,
      appendTo(freshStream(), 0, [...numbered(1), anEvent({ number: Number.NaN })]),
    ],
  },
  {
    name: 'an event that is too large',
    error: { _tag: 'LimitExceeded', limit: 'eventSize' },
    streams: (valid) => [valid, appendTo(freshStream(), 0, large(1_100_000))],
  },
  {
    name: 'more events in all than one append may have',
    error: { _tag: 'LimitExceeded', limit: 'eventsPerAppend', maximum: 10_000, actual: 10_001 },
    streams: (valid) => [valid, appendTo(freshStream(), 0, numbered(9_999))],
  },
  {
    name: 'more data in all than one append may have',
    error: { _tag: 'LimitExceeded', limit: 'appendSize' },
    streams: (valid) => [
      valid,
      ...countTo(34).map(() => appendTo(freshStream(), 0, large(1_000_000))),
    ],
  },
]

/** Appends to several streams that are invalid as a whole. */
export const togetherBadInput: Suite = {
  name: 'invalid appends to several streams',
  tests: Object.fromEntries(
    bad.map(({ name, error, streams }) => [
      `rejects ${name}, and stores nothing`,
      async ({ store, second }: BoundaryStores) => {
        const commandId = freshCommandId()
        const valid = appendTo(freshStream(), 0, numbered(2), [aMark(commandId, 2)])
        await failsWith(store.appendTogether({ streams: streams(valid) }), error)
        await isMissing(second, valid.streamId)
        assert.equal(await handledBy(second, valid.streamId, commandId), undefined)
      },
    ]),
  ),
}
