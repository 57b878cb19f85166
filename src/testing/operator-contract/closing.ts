import assert from 'node:assert/strict'
import * as E from 'fp-ts/Either'
import type { InvalidOperation } from '../../core/errors/operator'
import type { StreamErased } from '../../core/errors/erased'
import type { AppendError } from '../../core/errors/unions'
import type { Closing } from '../../core/operator/closing'
import type { StreamId } from '../../core/stream'
import {
  failsWith,
  handledBy,
  holds,
  isMissing,
  numbersOf,
  same,
  succeeds,
} from '../store-contract/checks'
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
  repeatedly,
} from '../store-contract/fixtures'
import type { Operated, Suite } from './subject'

type Failure = AppendError | InvalidOperation | StreamErased

const by = 'ops@example.org'
const why = 'ticket 4711'
const ALL = { before: Number.MAX_SAFE_INTEGER, limit: 100 }

const closing = (streamId: StreamId, more: Partial<Closing> = {}): Closing => ({
  streamId,
  by,
  why,
  ...more,
})

/** It takes no events any more, whatever an append expects. */
const refusesAppends = async ({ store }: Operated, streamId: StreamId): Promise<void> => {
  const expected = { _tag: 'StreamClosed', streamId }
  for (const version of ['any', 'mustExist', 'mustNotExist', 0, 2, 3, 4, 5] as const) {
    await failsWith(store.append(appendTo(streamId, version, numbered(1))), expected)
    await failsWith(store.append(appendTo(streamId, version, numbered(2))), expected)
    const mark = () => [aMark(freshCommandId(), 1)]
    await failsWith(store.append(appendTo(streamId, version, numbered(1), mark())), expected)
    const tagged = numbered(1).map((event) => ({ ...event, tags: [freshTag()] }))
    await failsWith(store.append(appendTo(streamId, version, tagged)), expected)
  }
  const nothing = [aMark(freshCommandId(), 0)]
  await failsWith(store.append(appendTo(streamId, 'any', [], nothing)), expected)
}

/** Streams that take no events any more. */
export const closingStreams: Suite = {
  name: 'closing',
  tests: {
    'refuses every append, and keeps what there is': async (subject) => {
      const { operator, store } = subject
      const [category, commandId] = [freshCategory(), freshCommandId()]
      const [closed, open] = [freshStream(category), freshStream(category)]
      const events = numbered(3)
      await succeeds(store.append(appendTo(closed, 0, events, [aMark(commandId, 3)])))
      await succeeds(store.append(appendTo(open, 0, numbered(1, 4))))
      const before = Date.now()
      const { closedAt, ...written } = await succeeds(operator.closeStream(closing(closed)))
      same(written, { streamId: closed, by, why, version: 3 })
      assert.ok(Math.abs(closedAt - before) < 60_000, 'it was closed a moment ago')

      await refusesAppends(subject, closed)
      await holds(store, closed, events)
      same(await handledBy(store, closed, commandId), { after: 0, eventCount: 3 })
      const again = appendTo(closed, 'any', numbered(1), [aMark(commandId, 1)])
      await failsWith(store.append(again), { _tag: 'CommandAlreadyHandled' })
      await succeeds(store.append(appendTo(open, 1, numbered(1, 5))))
    },
    'answers its version and its events to every read, however long it is': async ({
      operator,
      store,
    }) => {
      const streamId = freshStream()
      await succeeds(store.append(appendTo(streamId, 0, numbered(5))))
      await succeeds(store.saveSnapshot(aSnapshot(streamId, 2)))
      await succeeds(operator.closeStream(closing(streamId)))
      same(await succeeds(store.version(streamId)), 5)
      for (const limit of [1, 3, 4, 5, 6, 7, 100]) {
        for (const after of [0, 3, 5, 9]) {
          const numbers = [1, 2, 3, 4, 5].slice(after)
          const expected = [numbers.slice(0, limit), numbers.length > limit]
          for (const more of [{}, { commandId: freshCommandId() }]) {
            const loaded = await succeeds(store.load({ streamId, after, limit, ...more }))
            same(loaded.version, 5, `the version with a limit of ${limit} after ${after}`)
            same([numbersOf(loaded.events), loaded.more], expected)
          }
          for (const upTo of [undefined, 5, 1_000_000]) {
            const range = { after, limit, ...(upTo === undefined ? {} : { upTo }) }
            const page = await succeeds(store.read(streamId, range))
            same([numbersOf(page.events), page.more], expected)
          }
        }
        const back = await succeeds(store.readBackwards(streamId, { limit }))
        same([numbersOf(back.events), back.more], [[5, 4, 3, 2, 1].slice(0, limit), limit < 5])
      }
      const loads = await atOnce(4, (index) =>
        succeeds(store.load({ streamId, after: 0, limit: index + 1, snapshotSchema: 1 })),
      )
      same(
        loads.map(({ version, snapshot, events }) => [version, snapshot?.version, events.length]),
        [1, 2, 3, 3].map((count) => [5, 2, count]),
      )
      await succeeds(store.saveSnapshot(aSnapshot(streamId, 5)))
      const { snapshot } = await succeeds(
        store.load({ streamId, after: 0, limit: 1, snapshotSchema: 1 }),
      )
      same(snapshot?.version, 5)
    },
    'leaves readers of the whole store, and the list of streams, as they were': async ({
      operator,
      store,
    }) => {
      const category = freshCategory()
      const [closed, open] = [`${category}-a`, `${category}-b`]
      await succeeds(store.append(appendTo(open, 0, numbered(1))))
      await succeeds(store.append(appendTo(closed, 0, numbered(2, 2))))
      const range = { after: 0, limit: 100, categories: [category] }
      const before = await succeeds(store.readAll(range))
      await succeeds(operator.closeStream(closing(closed)))
      const after = await succeeds(store.readAll(range))
      same(after.events, before.events)
      assert.ok(after.upTo >= before.upTo, 'the horizon does not go back')
      await succeeds(store.append(appendTo(open, 1, numbered(1, 4))))
      const later = { ...range, after: after.upTo }
      same(numbersOf((await succeeds(store.readAll(later))).events), [4])
      const listed = await succeeds(store.streams({ after: '', limit: 100, category }))
      same(
        listed.map(({ streamId, version, recordedAt }) => [streamId, version, recordedAt]),
        [
          [closed, 2, before.events[2]?.recordedAt],
          [open, 2, listed[1]?.recordedAt],
        ],
      )
    },
    'does it once, and writes it into the audit: repeated, it answers what was written down':
      async ({ operator, store }) => {
        const streamId = freshStream()
        await succeeds(store.append(appendTo(streamId, 0, numbered(2))))
        const first = await succeeds(operator.closeStream(closing(streamId, { at: 2 })))
        const again = closing(streamId, { by: 'other', why: 'again', at: 7 })
        same(await succeeds(operator.closeStream(again)), first)
        const { entries } = await succeeds(operator.audit(ALL))
        same(
          entries.map(({ operator: who, action, subject, outcome, at, detail }) => [
            ...[who, action, subject, outcome, at],
            ...[detail['why'], detail['version']],
          ]),
          [[by, 'close', streamId, 'done', first.closedAt, why, 2]],
        )
      },
    'refuses another version, a stream without events, and an argument that is not valid': async ({
      operator,
      store,
    }) => {
      const streamId = freshStream()
      await failsWith(operator.closeStream(closing(streamId)), { _tag: 'InvalidOperation' })
      await isMissing(store, streamId)
      await succeeds(store.append(appendTo(streamId, 0, numbered(2))))
      for (const at of [1, 3]) {
        const conflict = { _tag: 'VersionConflict', expected: at, actual: 2 }
        await failsWith(operator.closeStream(closing(streamId, { at })), conflict)
      }
      const wrong = [
        ...[{ by: '' }, { why: ' ' }, { by: 'x'.repeat(256) }, { streamId: 'x' }],
        ...[0, -1, 1.5, NaN, 2_147_483_647].map((at) => ({ at })),
      ]
      for (const one of wrong) {
        await failsWith(operator.closeStream(closing(streamId, one)), { _tag: 'InvalidOperation' })
      }
      same((await succeeds(operator.audit(ALL))).entries, [])
      await succeeds(store.append(appendTo(streamId, 2, numbered(1))))
    },
    'can be erased afterwards, and is then erased': async ({ operator, store }) => {
      const streamId = freshStream()
      await succeeds(store.append(appendTo(streamId, 0, numbered(2))))
      await succeeds(operator.closeStream(closing(streamId)))
      const { events } = await succeeds(operator.erase({ streamId, by, why }))
      same(events, 2)
      const erased = { _tag: 'StreamErased', streamId }
      await failsWith(store.append(appendTo(streamId, 'any', numbered(1))), erased)
      await failsWith(store.load({ streamId, after: 0, limit: 1 }), erased)
      await failsWith(operator.closeStream(closing(streamId)), erased)
      same((await succeeds(operator.erase({ streamId, by, why }))).events, 2)
    },
    'lets no append through that is under way meanwhile': async ({ operator, store }) => {
      await repeatedly(10, async () => {
        const streamId = freshStream()
        await succeeds(store.append(appendTo(streamId, 0, numbered(1))))
        const answers = await atOnce(12, (index): Promise<E.Either<Failure, unknown>> => {
          if (index === 6) return operator.closeStream(closing(streamId))()
          const marks = index % 2 === 0 ? [] : [aMark(freshCommandId(), 1)]
          return store.append(appendTo(streamId, 'any', numbered(1), marks))()
        })
        for (const answer of answers) {
          if (E.isLeft(answer)) same(answer.left._tag, 'StreamClosed')
        }
        const { version } = await succeeds(operator.closeStream(closing(streamId)))
        same(await succeeds(store.version(streamId)), version)
        same(version, answers.filter(E.isRight).length, 'one event, and one of each success')
      })
    },
  },
}
