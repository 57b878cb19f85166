import * as E from 'fp-ts/Either'
import { isRecord } from '../../core/json'
import type { StoreFailed } from '../../core/errors/store'
import type { StreamStore } from '../../core/ports/event-store'
import { type TaggedCategory, tagsIncomplete } from '../../core/tagged-category'
import { decodeCommit } from './commit'
import { type Deadline, deadlineOf, type Link } from './link'
import { type DirectReads, fromLeader, readSpan, type Verdict } from './messages'
import { publishExactly } from './publish'

/** Which categories have declared tags: one message, replaced as a whole. */
interface Declarations {
  readonly sequence: number
  readonly categories: ReadonlyArray<TaggedCategory>
}

const isDeclaration = (value: unknown): value is { category: string; complete: boolean } =>
  isRecord(value) && typeof value['category'] === 'string' && typeof value['complete'] === 'boolean'

const categoriesIn = (text: string): ReadonlyArray<TaggedCategory> => {
  const list: unknown = JSON.parse(text)
  return (Array.isArray(list) ? list : []).filter(isDeclaration).map(({ category, complete }) => ({
    category,
    completeAfter: complete ? 0 : undefined,
    rebuiltTo: 0,
    enforced: false,
  }))
}

const declarations = async (
  link: Link,
  deadline: Deadline,
): Promise<E.Either<StoreFailed, Declarations>> => {
  const { stateStream, tags } = link.subjects
  const found = await fromLeader(link, stateStream, { last_by_subj: tags }, deadline)
  if (E.isLeft(found)) return found
  const message = found.right
  return E.right(
    message === undefined
      ? { sequence: 0, categories: [] }
      : { sequence: message.sequence, categories: categoriesIn(message.text) },
  )
}

/** Fails with reason `TagsIncomplete` if one of the categories, or of all, has events from before it had tags. */
export const incompleteTags = async (
  link: Link,
  categories: ReadonlyArray<string> | undefined,
  deadline: Deadline,
): Promise<E.Either<StoreFailed, void>> => {
  const known = await declarations(link, deadline)
  if (E.isLeft(known)) return known
  const incomplete = tagsIncomplete(
    known.right.categories.filter(({ category }) => categories?.includes(category) ?? true),
  )
  return incomplete === undefined ? E.right(undefined) : E.left(incomplete)
}

/** Whether a partition holds an event of the category that has no tags. */
const hasUntagged = async (
  { link, direct }: { readonly link: Link; readonly direct: DirectReads },
  category: string,
  partition: number,
  deadline: Deadline,
): Promise<E.Either<StoreFailed, boolean>> => {
  const stream = link.subjects.eventStream(partition)
  const subject = link.subjects.allCommits(partition, category)
  const last = await fromLeader(link, stream, { last_by_subj: subject }, deadline)
  if (E.isLeft(last) || last.right === undefined) return E.map(() => false)(last)
  let isFound = false
  const read = await readSpan(
    { link, direct },
    { stream, subject, from: 1, to: last.right.sequence, about: Infinity },
    ({ text }): Verdict => {
      const events = decodeCommit(text)?.events ?? []
      isFound ||= events.some(({ tags }) => tags === undefined || tags.length === 0)
      return isFound ? 'enough' : 'more'
    },
    deadline,
  )
  return E.map(() => isFound)(read)
}

/** See {@link StreamStore.declareTags}. Tags cannot be added to stored messages: what is incomplete stays so. */
export const declareTagsIn =
  (
    link: Link,
    direct: DirectReads,
    ready: () => Promise<E.Either<StoreFailed, unknown>>,
  ): StreamStore['declareTags'] =>
  (category) =>
  async () => {
    const usable = await ready()
    if (E.isLeft(usable)) return usable
    const deadline = deadlineOf(link)
    for (;;) {
      const known = await declarations(link, deadline)
      if (E.isLeft(known)) return known
      const { sequence, categories } = known.right
      if (categories.some((one) => one.category === category)) return E.right(undefined)
      let isComplete = true
      for (let partition = 0; partition < link.subjects.partitions && isComplete; partition++) {
        const untagged = await hasUntagged({ link, direct }, category, partition, deadline)
        if (E.isLeft(untagged)) return untagged
        isComplete = !untagged.right
      }
      const list = [
        ...categories.map((one) => ({
          category: one.category,
          complete: one.completeAfter !== undefined,
        })),
        { category, complete: isComplete },
      ]
      const published = await publishExactly(
        link,
        [{ subject: link.subjects.tags, text: JSON.stringify(list), expected: sequence }],
        () => Promise.resolve(E.right({ _tag: 'Other' })),
        deadline,
      )
      if (E.isLeft(published)) return published
      if (published.right._tag === 'Stored') return E.right(undefined)
    }
  }
