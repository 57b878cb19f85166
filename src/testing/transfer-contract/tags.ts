import assert from 'node:assert/strict'
import { failsWith, same, succeeds } from '../store-contract/checks'
import {
  appendTo,
  freshCategory,
  freshStream,
  freshTag,
  numbered,
} from '../store-contract/fixtures'
import { aBatch, freshArchive, historic, imported, type Suite, type Transferred } from './subject'

const byTag = async (
  { store }: Transferred,
  category: string,
  tag: string,
): Promise<ReadonlyArray<string>> => {
  const found: string[] = []
  let [after, more] = [0, true]
  while (more) {
    const range = { after, limit: 100, categories: [category], tags: [tag] }
    const page = await succeeds(store.readAll(range))
    found.push(...page.events.map(({ id }) => id))
    ;[after, more] = [page.upTo, page.more]
  }
  return found
}

const knownOf = async ({ operator }: Transferred, category: string) =>
  (await succeeds(operator.taggedCategories())).find((one) => one.category === category)

export const tags: Suite = {
  name: 'tags',
  tests: {
    'finds imported events by their tags at once': async (subject) => {
      const category = freshCategory()
      const tag = freshTag()
      const [tagged, others] = [
        historic(freshStream(category), 2, 1, { tags: [tag] }),
        historic(freshStream(category), 2),
      ]
      await imported(subject, { events: [...tagged, ...others], completeTags: [category] })
      same(
        await byTag(subject, category, tag),
        tagged.map(({ id }) => id),
      )
      // What declares them later finds them complete, although some events have none.
      await succeeds(subject.store.declareTags(category))
      assert.equal((await knownOf(subject, category))?.completeAfter, 0)
    },
    'does not rely on the tags of a category that has got events without': async (subject) => {
      const category = freshCategory()
      await succeeds(subject.store.declareTags(category))
      await imported(subject, { events: historic(freshStream(category), 1) })
      const range = { after: 0, limit: 1, categories: [category], tags: [freshTag()] }
      const expected = { _tag: 'StoreFailed', reason: 'TagsIncomplete' }
      await failsWith(subject.store.readAll(range), expected)
      assert.equal((await knownOf(subject, category))?.completeAfter, undefined)
    },
    'refuses events without tags where tags are enforced': async (subject) => {
      const category = freshCategory()
      await succeeds(subject.store.append(appendTo(freshStream(category), 0, numbered(1))))
      await succeeds(subject.operator.beginTags(category, 'unfinished'))
      const from = await succeeds(subject.transfer.beginImport(freshArchive(), []))
      const events = historic(freshStream(category), 1)
      const refused = { _tag: 'StoreFailed', reason: 'TagsNotDeclared' }
      await failsWith(subject.transfer.storeBatch(aBatch(from, { events })), refused)
      const completeTags = [category]
      const declared = aBatch(from, { events, completeTags })
      assert.ok((await succeeds(subject.transfer.storeBatch(declared))) !== undefined)
    },
  },
}
