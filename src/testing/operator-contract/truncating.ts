import assert from 'node:assert/strict'
import { failsWith, handledBy, numbersOf, same, succeeds } from '../store-contract/checks'
import {
  aMark,
  appendTo,
  aSnapshot,
  atOnce,
  freshCategory,
  freshCommandId,
  freshStream,
  freshTag,
  numbered,
} from '../store-contract/fixtures'
import { NOTHING } from './archived'
import { claimOne, registered, stepTo, type Suite } from './subject'
import { by, filled, summaryOf, truncating, why } from './truncated'

const ALL = { before: Number.MAX_SAFE_INTEGER, limit: 100 }

/** Streams whose beginning is replaced by a summary. */
export const truncatingStreams: Suite = {
  name: 'truncating',
  tests: {
    'puts the summary in the place of the last event that goes, and lets versions go on': async (
      subject,
    ) => {
      const { operator, store } = subject
      const streamId = await filled(subject, 5)
      const before = await succeeds(store.read(streamId, { after: 0, limit: 10 }))
      const summary = summaryOf(103)
      const { truncatedAt, ...written } = await succeeds(
        operator.truncateStream(truncating(streamId, 3, { summary })),
      )
      same(written, { streamId, by, why, upTo: 3 })
      assert.ok(Math.abs(truncatedAt - Date.now()) < 60_000, 'it was truncated a moment ago')
      const { events } = await succeeds(store.read(streamId, { after: 0, limit: 10 }))
      const third = before.events[2]
      assert.ok(third !== undefined)
      const { position, recordedAt } = third
      same(events, [
        {
          ...{ ...summary, metadata: { beginning: true } },
          ...{ streamId, version: 3, position, recordedAt },
        },
        ...before.events.slice(3),
      ])
      same(await succeeds(store.version(streamId)), 5)
      await failsWith(store.append(appendTo(streamId, 3, numbered(1))), {
        _tag: 'VersionConflict',
        actual: 5,
      })
      same((await succeeds(store.append(appendTo(streamId, 5, numbered(1, 6))))).version, 6)
    },
    'shows followers from the start the summary, and the list of streams what it was': async (
      subject,
    ) => {
      const { operator, store } = subject
      const category = freshCategory()
      const [streamId, other] = [`${category}-a`, `${category}-b`]
      await succeeds(store.append(appendTo(streamId, 0, numbered(2))))
      await succeeds(store.append(appendTo(other, 0, numbered(1, 3))))
      await succeeds(store.append(appendTo(streamId, 2, numbered(1, 4))))
      same(await succeeds(operator.retired()), NOTHING)
      const listed = await succeeds(store.streams({ after: '', limit: 9, category }))
      await succeeds(operator.truncateStream(truncating(streamId, 2)))
      const page = await succeeds(store.readAll({ after: 0, limit: 100, categories: [category] }))
      same(numbersOf(page.events), [102, 3, 4])
      same(await succeeds(store.streams({ after: '', limit: 9, category })), listed)
      same(await succeeds(operator.retired()), {
        ...NOTHING,
        ...{ truncatedStreams: 1, truncatedEvents: 2 },
      })
    },
    'keeps the snapshots from that version on, and no earlier one': async (subject) => {
      const { operator, store } = subject
      const streamId = await filled(subject, 5)
      await succeeds(store.saveSnapshot(aSnapshot(streamId, 2, 1)))
      await succeeds(store.saveSnapshot(aSnapshot(streamId, 4, 2)))
      await succeeds(operator.truncateStream(truncating(streamId, 3)))
      const versionOf = async (snapshotSchema: number) =>
        (await succeeds(store.load({ streamId, after: 0, limit: 9, snapshotSchema }))).snapshot
          ?.version
      same([await versionOf(1), await versionOf(2)], [undefined, 4])
      await succeeds(store.saveSnapshot(aSnapshot(streamId, 2, 1)))
      same(await versionOf(1), undefined)
      await succeeds(store.saveSnapshot(aSnapshot(streamId, 5, 1)))
      same(await versionOf(1), 5)
    },
    'remembers every command, and the tags of the summary only': async (subject) => {
      const { operator, store } = subject
      const [streamId, commandId] = [freshStream(), freshCommandId()]
      const [old, kept, fresh] = [freshTag(), freshTag(), freshTag()]
      const events = numbered(3).map((event, index) => ({
        ...event,
        tags: [index < 2 ? old : kept],
      }))
      await succeeds(store.append(appendTo(streamId, 0, events, [aMark(commandId, 2)])))
      const summary = summaryOf(102, [fresh])
      await succeeds(operator.truncateStream(truncating(streamId, 2, { summary })))
      same(await handledBy(store, streamId, commandId), { after: 0, eventCount: 2 })
      const again = appendTo(streamId, 'any', numbered(1), [aMark(commandId, 1)])
      await failsWith(store.append(again), { _tag: 'CommandAlreadyHandled' })
      for (const [tag, numbers] of [
        [old, []],
        [kept, [3]],
        [fresh, [102]],
      ] as const) {
        const page = await succeeds(store.readAll({ after: 0, limit: 9, tags: [tag] }))
        same(numbersOf(page.events), numbers)
        const own = await succeeds(store.read(streamId, { after: 0, limit: 9, tags: [tag] }))
        same(numbersOf(own.events), numbers)
      }
    },
    'truncates nothing that a subscription has not handled': async (subject) => {
      const { operator, store } = subject
      const streamId = await filled(subject, 3)
      const { events } = await succeeds(store.read(streamId, { after: 0, limit: 9 }))
      const [, second = 0] = events.map(({ position }) => position)
      await registered(subject, 'others', { categories: [freshCategory()] })
      await registered(subject, 'mails')
      const behind = { _tag: 'SubscriptionsBehind', streamId, subscriptions: ['mails'] }
      await failsWith(operator.truncateStream(truncating(streamId, 2)), behind)
      await stepTo(subject, await claimOne(subject, 'mails'), second)
      await failsWith(operator.truncateStream(truncating(streamId, 3)), behind)
      await succeeds(operator.truncateStream(truncating(streamId, 2)))
      const left = await succeeds(store.read(streamId, { after: 0, limit: 9 }))
      same(numbersOf(left.events), [102, 3])
    },
    'does it once, goes further, and writes it into the audit, however many ask at once': async (
      subject,
    ) => {
      const { operator, store } = subject
      const streamId = await filled(subject, 5)
      const answers = await atOnce(4, () =>
        succeeds(operator.truncateStream(truncating(streamId, 2))),
      )
      const again = truncating(streamId, 2, { by: 'other', summary: summaryOf(7) })
      for (const answer of [...answers, await succeeds(operator.truncateStream(again))]) {
        same(answer, answers[0])
      }
      await failsWith(operator.truncateStream(truncating(streamId, 1)), {
        _tag: 'InvalidOperation',
      })
      await succeeds(operator.truncateStream(truncating(streamId, 4)))
      const { events } = await succeeds(store.read(streamId, { after: 0, limit: 9 }))
      same(numbersOf(events), [104, 5])
      const { entries } = await succeeds(operator.audit(ALL))
      same(
        entries.map(({ operator: who, action, subject: of, outcome, detail }) => [
          ...[who, action, of, outcome],
          ...[detail['why'], detail['upTo']],
        ]),
        [4, 2].map((upTo) => [by, 'truncate', streamId, 'done', why, upTo]),
      )
    },
    'loses no event that is appended meanwhile': async (subject) => {
      const { operator, store } = subject
      const streamId = await filled(subject, 3)
      await atOnce<unknown>(12, (index) =>
        index === 5
          ? succeeds(operator.truncateStream(truncating(streamId, 3)))
          : succeeds(store.append(appendTo(streamId, 'any', numbered(1, 10 + index)))),
      )
      const { events } = await succeeds(store.read(streamId, { after: 0, limit: 99 }))
      same(
        events.map(({ version }) => version),
        Array.from({ length: 12 }, (_, index) => 3 + index),
      )
    },
    'can be closed, archived and erased afterwards': async (subject) => {
      const { operator, store } = subject
      const streamId = await filled(subject, 4)
      await succeeds(operator.truncateStream(truncating(streamId, 3)))
      same((await succeeds(operator.closeStream({ streamId, by, why }))).version, 4)
      await succeeds(operator.archive({ streams: [streamId], by, why, tagged: 'refuse' }))
      const loaded = await succeeds(store.load({ streamId, after: 0, limit: 9 }))
      same([loaded.version, numbersOf(loaded.events)], [4, [103, 4]])
      await failsWith(operator.truncateStream(truncating(streamId, 4)), {
        _tag: 'InvalidOperation',
      })
      same((await succeeds(operator.erase({ streamId, by, why }))).events, 2)
      const erased = { _tag: 'StreamErased', streamId }
      await failsWith(store.append(appendTo(streamId, 4, numbered(1))), erased)
      await failsWith(operator.truncateStream(truncating(streamId, 4)), erased)
      same(await succeeds(operator.retired()), NOTHING)
    },
    'refuses a version that is not there, and arguments that are not valid': async (subject) => {
      const { operator, store } = subject
      const streamId = await filled(subject, 2)
      const invalid = { _tag: 'InvalidOperation' }
      await failsWith(operator.truncateStream(truncating(freshStream(), 1)), invalid)
      await failsWith(operator.truncateStream(truncating(streamId, 3)), invalid)
      const wrong = [
        ...[{ by: '' }, { why: ' ' }, { streamId: 'x' }],
        ...[0, -1, 1.5, 2_147_483_647].map((upTo) => ({ upTo })),
        { summary: { ...summaryOf(1), type: '' } },
        { summary: { ...summaryOf(1), id: 'no uuid' } },
        { summary: { ...summaryOf(1), data: { text: '\u0000' } } },
      ]
      for (const one of wrong) {
        await failsWith(operator.truncateStream(truncating(streamId, 2, one)), invalid)
      }
      same((await succeeds(operator.audit(ALL))).entries, [])
      const { events } = await succeeds(store.read(streamId, { after: 0, limit: 9 }))
      same(numbersOf(events), [1, 2])
    },
  },
}
