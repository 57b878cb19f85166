import assert from 'node:assert/strict'
import * as E from 'fp-ts/Either'
import type { TagBatch } from '../../core/ports/operator'
import type { StoredEvent } from '../../core/recorded-event'
import { isComplete, type TaggedCategory } from '../../core/tagged-category'
import { pause } from '../eventually'
import { failsWith, isMissing, numbersOf, same, succeeds } from '../store-contract/checks'
import {
  appendTo,
  atOnce,
  freshCategory,
  freshStream,
  freshTag,
  numbered,
} from '../store-contract/fixtures'
import { readUpTo } from '../store-contract/following'
import type { Operated, Suite } from './subject'

const INCOMPLETE = { _tag: 'StoreFailed', reason: 'TagsIncomplete', outcome: 'nothingWritten' }
const UNDECLARED = { _tag: 'StoreFailed', reason: 'TagsNotDeclared', outcome: 'nothingWritten' }

const numberOf = ({ data }: StoredEvent): number => Number(data['number'])

/** Events with numbers that declare their tags: the tag for every even one. */
const declared = (tag: string, count: number, first = 1) =>
  numbered(count, first).map((event, index) => ({
    ...event,
    tags: (first + index) % 2 === 0 ? [tag] : [],
  }))

const statusOf = async ({ operator }: Operated, category: string): Promise<TaggedCategory> => {
  const all = await succeeds(operator.taggedCategories())
  const found = all.find((one) => one.category === category)
  return found ?? assert.fail(`${category} is not listed`)
}

/** A batch of at most `limit` events, even ones tagged; `undefined`: nothing can be read up to a later position now. */
const batchOf = async (
  { store }: Operated,
  { category, rebuiltTo }: TaggedCategory,
  tag: string,
  limit: number,
): Promise<TagBatch | undefined> => {
  const range = { after: rebuiltTo, limit, categories: [category] }
  const { events, upTo } = await succeeds(store.readAll(range))
  const tagged = events.filter((event) => numberOf(event) % 2 === 0)
  return upTo <= rebuiltTo
    ? undefined
    : {
        category,
        after: rebuiltTo,
        upTo,
        events: tagged.map(({ position }) => ({ position, tags: [tag] })),
      }
}

/** Rebuilds all that is left. */
const finish = async (
  subject: Operated,
  begun: TaggedCategory,
  tag: string,
): Promise<TaggedCategory> => {
  let current = begun
  while (!isComplete(current)) {
    const batch = await batchOf(subject, current, tag, 2)
    if (batch === undefined) await pause()
    else current = await succeeds(subject.operator.saveTags(batch))
  }
  return current
}

const tagged = async ({ store }: Operated, tag: string, end: number) =>
  readUpTo(store, { after: 0, limit: 100, tags: [tag] }, end)

/** The tags of categories: when they are complete, and how they become it. */
export const tags: Suite = {
  name: 'tags',
  tests: {
    'are complete in a category that declares them before its first event': async (subject) => {
      const { store } = subject
      const [id, tag] = [freshStream(), freshTag()]
      const category = id.slice(0, id.indexOf('-'))
      await succeeds(store.declareTags(category))
      const { positions } = await succeeds(store.append(appendTo(id, 0, declared(tag, 4))))
      await succeeds(store.declareTags(category))
      const status = await statusOf(subject, category)
      same(status, { category, completeAfter: 0, rebuiltTo: 0, enforced: false })
      same(numbersOf(await tagged(subject, tag, positions.at(-1) ?? 0)), [2, 4])
    },
    'are not in one that had events before: what reads by tags is refused until they are rebuilt':
      async (subject) => {
        const { store, operator } = subject
        const [id, other, tag] = [freshStream(), freshStream(), freshTag()]
        const [category, otherCategory] = [id.split('-')[0] ?? '', other.split('-')[0] ?? '']
        await succeeds(store.append(appendTo(id, 0, numbered(5))))
        await succeeds(store.declareTags(category))
        const last = await succeeds(store.append(appendTo(id, 5, declared(tag, 2, 6))))
        assert.ok(!isComplete(await statusOf(subject, category)))
        const range = { after: 0, limit: 10, tags: [tag] }
        await failsWith(store.readAll(range), INCOMPLETE)
        await failsWith(store.readAll({ ...range, correlationId: 'none' }), INCOMPLETE)
        await failsWith(store.readAll({ ...range, categories: [category] }), INCOMPLETE)
        await succeeds(store.readAll({ ...range, categories: [otherCategory] }))
        await succeeds(store.readAll({ after: 0, limit: 10 }))
        const begun = await succeeds(operator.beginTags(category, 'unfinished'))
        await failsWith(store.readAll(range), INCOMPLETE)
        const rebuilt = await finish(subject, begun, tag)
        assert.ok(isComplete(rebuilt) && rebuilt.enforced)
        same(await statusOf(subject, category), rebuilt)
        const end = last.positions.at(-1) ?? 0
        same(numbersOf(await tagged(subject, tag, end)), [2, 4, 6])
      },
    'are stored in batches, and an interrupted rebuild goes on where it was': async (subject) => {
      const { store, operator } = subject
      const [id, tag] = [freshStream(), freshTag()]
      const category = id.split('-')[0] ?? ''
      const { positions } = await succeeds(store.append(appendTo(id, 0, numbered(7))))
      const begun = await succeeds(operator.beginTags(category, 'unfinished'))
      const first = (await batchOf(subject, begun, tag, 3)) ?? assert.fail('nothing can be read')
      const saved = await succeeds(operator.saveTags(first))
      same([saved.rebuiltTo, isComplete(saved)], [first.upTo, false])
      // Another process, which is behind: nothing happens, and it hears where to go on.
      const wrong = { ...first, events: first.events.map((one) => ({ ...one, tags: ['wrong'] })) }
      same(await succeeds(operator.saveTags(wrong)), saved)
      same(await succeeds(operator.beginTags(category, 'again')), saved)
      await finish(subject, saved, tag)
      const end = positions.at(-1) ?? 0
      same(numbersOf(await tagged(subject, tag, end)), [2, 4, 6])
      same(await tagged(subject, 'wrong', end), [])
    },
    'are rebuilt again when their function has changed, and what has a tag keeps it': async (
      subject,
    ) => {
      const { store, operator } = subject
      const [id, tag, changed] = [freshStream(), freshTag(), freshTag()]
      const category = id.split('-')[0] ?? ''
      await succeeds(store.declareTags(category))
      const { positions } = await succeeds(store.append(appendTo(id, 0, declared(tag, 4))))
      const begun = await succeeds(operator.beginTags(category, 'unfinished'))
      await finish(subject, begun, tag)
      const complete = await statusOf(subject, category)
      same(await succeeds(operator.beginTags(category, 'unfinished')), complete)
      const again = await succeeds(operator.beginTags(category, 'again'))
      assert.ok(!isComplete(again), 'it is to be rebuilt')
      await finish(subject, again, changed)
      const end = positions.at(-1) ?? 0
      for (const each of [tag, changed]) {
        same(numbersOf(await tagged(subject, each, end)), [2, 4], each)
      }
    },
    'are enforced from the beginning of a rebuild on: who declares none cannot append': async (
      subject,
    ) => {
      const { store, operator } = subject
      const category = freshCategory()
      const [id, fresh, other, tag] = [
        freshStream(category),
        freshStream(category),
        freshStream(),
        freshTag(),
      ]
      await succeeds(store.append(appendTo(id, 0, numbered(2))))
      const begun = await succeeds(operator.beginTags(category, 'unfinished'))
      await failsWith(store.append(appendTo(id, 2, numbered(1))), UNDECLARED)
      await failsWith(store.append(appendTo(fresh, 'any', numbered(2))), UNDECLARED)
      await failsWith(store.append(appendTo(id, 1, numbered(1))), { _tag: 'VersionConflict' })
      await finish(subject, begun, tag)
      await failsWith(store.append(appendTo(fresh, 0, numbered(1))), UNDECLARED)
      await isMissing(store, fresh)
      await succeeds(store.append(appendTo(fresh, 0, declared(tag, 1))))
      await succeeds(store.append(appendTo(id, 2, declared(tag, 2, 3))))
      await succeeds(store.append(appendTo(other, 0, numbered(1))))
    },
    'are those of every event when both kinds of writers are at work during the rebuild': async (
      subject,
    ) => {
      const { store, operator } = subject
      const [category, tag] = [freshCategory(), freshTag()]
      await succeeds(store.append(appendTo(freshStream(category), 0, numbered(20))))
      let isOver = false
      let end = 0
      const writing = atOnce(6, async (writer) => {
        const id = freshStream(category)
        for (let number = 1; !isOver; number++) {
          const events = writer % 2 === 0 ? declared(tag, 1, number) : numbered(1, number)
          const answer = await store.append(appendTo(id, 'any', events))()
          if (E.isRight(answer)) end = Math.max(end, ...answer.right.positions)
          else {
            same([answer.left._tag, writer % 2], ['StoreFailed', 1], answer.left.message)
            return // no release without tags can append any more
          }
          await pause()
        }
      })
      const begin = async (): Promise<TaggedCategory> => {
        const begun = await operator.beginTags(category, 'unfinished')()
        if (E.isRight(begun)) return begun.right
        await pause()
        return begin()
      }
      const complete = await finish(subject, await begin(), tag)
      for (let more = 0; more < 5; more++) await pause() // who may still append does
      isOver = true
      await writing
      assert.ok(isComplete(complete))
      const all = await readUpTo(store, { after: 0, limit: 100, categories: [category] }, end)
      const found = await tagged(subject, tag, end)
      const even = all.filter((event) => numberOf(event) % 2 === 0)
      same(
        found.map(({ position }) => position),
        even.map(({ position }) => position),
      )
    },
    'rejects what is no category, and batches that are wrong, and stores nothing': async (
      subject,
    ) => {
      const { store, operator } = subject
      const [id, tag] = [freshStream(), freshTag()]
      const category = id.split('-')[0] ?? ''
      const invalid = { _tag: 'InvalidOperation' }
      for (const name of ['', 'a-b', 'a\u0000', 'x'.repeat(300)]) {
        await failsWith(operator.beginTags(name, 'unfinished'), invalid)
      }
      const { positions } = await succeeds(store.append(appendTo(id, 0, numbered(2))))
      const [position = 1, last = 2] = positions
      const batch = { category, after: 0, upTo: last, events: [{ position, tags: [tag] }] }
      await failsWith(operator.saveTags(batch), { ...invalid, argument: 'category' })
      const begun = await succeeds(operator.beginTags(category, 'unfinished'))
      for (const wrong of [
        { upTo: 0 },
        { events: [{ position: last + 1, tags: [tag] }] },
        { events: [{ position, tags: ['b', 'a'] }] },
        { events: [{ position, tags: [''] }] },
      ]) {
        await failsWith(operator.saveTags({ ...batch, ...wrong }), {
          ...invalid,
          argument: 'batch',
        })
      }
      same(await statusOf(subject, category), begun)
      await finish(subject, begun, tag)
    },
  },
}
