import assert from 'node:assert/strict'
import * as E from 'fp-ts/Either'
import type { InvalidOperation } from '../../core/errors/operator'
import type { AppendError } from '../../core/errors/unions'
import type { Erasing } from '../../core/operator/erasure'
import type { StreamId } from '../../core/stream'
import { failsWith, isMissing, numbersOf, same, succeeds } from '../store-contract/checks'
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
import { claimOne, heldStream, hold, type Operated, registered, type Suite } from './subject'

type Failure = AppendError | InvalidOperation

const ERASED = { _tag: 'StreamErased' }
const by = 'ops@example.org'
const why = 'ticket 4711'
const ALL = { before: Number.MAX_SAFE_INTEGER, limit: 100 }

const erasing = (streamId: StreamId, more: Partial<Erasing> = {}): Erasing => ({
  streamId,
  by,
  why,
  ...more,
})

/** Everything that a stream can be asked for, or given, once it is erased. */
const isErased = async ({ store }: Operated, streamId: StreamId): Promise<void> => {
  const expected = { ...ERASED, streamId }
  for (const version of ['any', 'mustExist', 'mustNotExist', 0, 1, 2, 3, 4] as const) {
    await failsWith(store.append(appendTo(streamId, version, numbered(1))), expected)
    await failsWith(store.append(appendTo(streamId, version, numbered(2))), expected)
    const marked = [aMark(freshCommandId(), 1)]
    await failsWith(store.append(appendTo(streamId, version, numbered(1), marked)), expected)
  }
  for (const after of [0, 1, 3, 1_000]) {
    await failsWith(store.load({ streamId, after, limit: 10 }), expected)
    await failsWith(
      store.load({ streamId, after, limit: 10, commandId: freshCommandId(), snapshotSchema: 1 }),
      expected,
    )
    await failsWith(store.read(streamId, { after, limit: 10 }), expected)
  }
  await failsWith(store.readBackwards(streamId, { limit: 10 }), expected)
  // Bounds that leave out whatever stands for the stream.
  const tags = [freshTag()]
  await failsWith(store.read(streamId, { after: 0, limit: 10, upTo: 1 }), expected)
  await failsWith(store.read(streamId, { after: 0, limit: 10, tags }), expected)
  await failsWith(store.readBackwards(streamId, { limit: 10, before: 2 }), expected)
  await failsWith(store.readBackwards(streamId, { limit: 10, tags }), expected)
  await failsWith(store.version(streamId), expected)
}

/** Streams that are erased for ever. */
export const erasingStreams: Suite = {
  name: 'erasing',
  tests: {
    'leaves nothing of a stream, and answers what is written down about it': async (subject) => {
      const { operator, store } = subject
      const [category, tag, commandId] = [freshCategory(), freshTag(), freshCommandId()]
      const [gone, stays] = [freshStream(category), freshStream(category)]
      const tagged = (count: number) => numbered(count).map((event) => ({ ...event, tags: [tag] }))
      await succeeds(store.append(appendTo(gone, 0, tagged(3), [aMark(commandId, 3)])))
      await succeeds(store.append(appendTo(stays, 0, tagged(2))))
      await succeeds(store.saveSnapshot(aSnapshot(gone, 2)))
      const before = Date.now()

      const erasure = await succeeds(operator.erase(erasing(gone)))
      const { erasedAt, ...written } = erasure
      same(written, { streamId: gone, by, why, events: 3 })
      assert.ok(Math.abs(erasedAt - before) < 60_000, 'it was erased a moment ago')
      await isErased(subject, gone)
      const listed = await succeeds(store.streams({ after: '', limit: 100, category }))
      same(
        listed.map(({ streamId }) => streamId),
        [stays],
      )
      const { events } = await succeeds(store.readAll({ after: 0, limit: 100, tags: [tag] }))
      same(
        events.map(({ streamId }) => streamId),
        [stays, stays],
      )
    },
    'lets readers of the whole store go on, without what was erased, and whatever was last':
      async ({ operator, store }) => {
        const category = freshCategory()
        const [first, gone] = [freshStream(category), freshStream(category)]
        await succeeds(store.append(appendTo(first, 0, numbered(2))))
        await succeeds(store.append(appendTo(gone, 0, numbered(2, 3))))
        const before = await succeeds(
          store.readAll({ after: 0, limit: 100, categories: [category] }),
        )
        await succeeds(operator.erase(erasing(gone)))
        const after = await succeeds(
          store.readAll({ after: 0, limit: 100, categories: [category] }),
        )
        same(numbersOf(after.events), [1, 2])
        assert.ok(after.upTo >= before.upTo, 'the horizon does not go back')
        assert.ok(after.highest >= before.highest, 'nor does the highest position')
        same(after.lineage, before.lineage)
        const { positions } = await succeeds(store.append(appendTo(first, 2, numbered(1, 5))))
        assert.ok((positions[0] ?? 0) > before.highest, 'no position is used again')
        const later = { after: after.upTo, limit: 100, categories: [category] }
        same(numbersOf((await succeeds(store.readAll(later))).events), [5])
      },
    'does it once: repeated, it answers what was written down, and changes nothing': async ({
      operator,
      store,
    }) => {
      const streamId = freshStream()
      await succeeds(store.append(appendTo(streamId, 0, numbered(2))))
      const first = await succeeds(operator.erase(erasing(streamId)))
      same(await succeeds(operator.erase(erasing(streamId, { by: 'other', why: 'again' }))), first)
      same((await succeeds(operator.audit(ALL))).entries.length, 1)
    },
    'is written down in the audit, beside what operators have recorded': async ({
      operator,
      store,
    }) => {
      const streamId = freshStream()
      await succeeds(store.append(appendTo(streamId, 0, numbered(2))))
      // Whoever can write into the audit can write this; nothing is erased by it.
      const forged = {
        operator: 'mallory',
        action: 'erase',
        subject: streamId,
        detail: { why: 'x' },
      }
      await succeeds(operator.recordAction(forged))
      const { erasedAt } = await succeeds(operator.erase(erasing(streamId)))
      const [entry, earlier] = (await succeeds(operator.audit(ALL))).entries
      same(earlier?.operator, 'mallory')
      assert.ok(entry !== undefined, 'the audit has an entry')
      const { operator: who, action, subject, at, outcome, detail } = entry
      same(
        { who, action, subject, at, outcome, why: detail['why'], events: detail['events'] },
        {
          who: by,
          action: 'erase',
          subject: streamId,
          at: erasedAt,
          outcome: 'done',
          why,
          events: 2,
        },
      )
    },
    'fills a page of the list of streams with what is there, however much was erased': async ({
      operator,
      store,
    }) => {
      const category = freshCategory()
      const ids = ['a', 'b', 'c', 'd', 'e'].map((id) => `${category}-${id}`)
      for (const id of ids) await succeeds(store.append(appendTo(id, 0, numbered(1))))
      for (const id of ids.slice(0, 3)) await succeeds(operator.erase(erasing(id)))
      for (const after of ['', `${category}-a`]) {
        const listed = await succeeds(store.streams({ after, limit: 2, category }))
        same(
          listed.map(({ streamId, version }) => [streamId, version]),
          ids.slice(3).map((id) => [id, 1]),
        )
      }
    },
    'keeps no snapshot that is saved afterwards': async (subject) => {
      const streamId = freshStream()
      await succeeds(subject.store.append(appendTo(streamId, 0, numbered(3))))
      await succeeds(subject.operator.erase(erasing(streamId)))
      await succeeds(subject.store.saveSnapshot(aSnapshot(streamId, 3)))
      await isErased(subject, streamId)
    },
    'releases what subscriptions hold of it, and nothing else': async (subject) => {
      const { operator, store } = subject
      const [gone, stays] = [freshStream(), freshStream()]
      const { positions } = await succeeds(store.append(appendTo(gone, 0, numbered(1))))
      const other = await succeeds(store.append(appendTo(stays, 0, numbered(1))))
      await registered(subject, 'mails')
      const lease = await claimOne(subject, 'mails')
      const next = await hold(subject, lease, heldStream(gone, positions[0] ?? 0))
      await hold(subject, next, heldStream(stays, other.positions[0] ?? 0))
      await succeeds(operator.erase(erasing(gone)))
      const { events } = await succeeds(operator.heldEvents('mails', { after: 0, limit: 10 }))
      same(
        events.map(({ streamId }) => streamId),
        [stays],
      )
    },
    'refuses a stream without events, and an argument that is not valid': async ({
      operator,
      store,
    }) => {
      const streamId = freshStream()
      await failsWith(operator.erase(erasing(streamId)), { _tag: 'InvalidOperation' })
      await isMissing(store, streamId)
      await succeeds(store.append(appendTo(streamId, 0, numbered(1))))
      for (const wrong of [{ by: '' }, { why: ' ' }, { by: 'x'.repeat(256) }, { streamId: 'x' }]) {
        await failsWith(operator.erase(erasing(streamId, wrong)), { _tag: 'InvalidOperation' })
      }
      same((await succeeds(store.load({ streamId, after: 0, limit: 1 }))).version, 1)
      same((await succeeds(operator.audit(ALL))).entries, [])
    },
    'lets no append through that is under way meanwhile': async (subject) => {
      const { operator, store } = subject
      await repeatedly(10, async () => {
        const streamId = freshStream()
        await succeeds(store.append(appendTo(streamId, 0, numbered(1))))
        const answers = await atOnce(12, (index): Promise<E.Either<Failure, unknown>> =>
          index === 6
            ? operator.erase(erasing(streamId))()
            : store.append(
                appendTo(
                  streamId,
                  'any',
                  numbered(1),
                  index % 2 === 0 ? [] : [aMark(freshCommandId(), 1)],
                ),
              )(),
        )
        for (const answer of answers) {
          if (E.isLeft(answer)) same(answer.left._tag, 'StreamErased')
        }
        await isErased(subject, streamId)
        const { events } = await succeeds(store.readAll({ after: 0, limit: 1_000 }))
        assert.ok(!events.some((event) => event.streamId === streamId), 'an event came back')
      })
    },
  },
}
