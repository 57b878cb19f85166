import * as E from 'fp-ts/Either'
import { byCodePoints } from '../../core/code-points'
import type { StoreFailed } from '../../core/errors/store'
import { isRecord } from '../../core/json'
import type { StreamStore, StreamsRange, StreamSummary } from '../../core/ports/event-store'
import { canBeginId, type StreamId } from '../../core/stream'
import type { Heads, LoadedHead } from './heads'
import { askApi, type Deadline, deadlineOf, failureOf, type Link } from './link'
import { streamOfSubject } from './subjects'

/** The streams of one partition that have messages: the server names their subjects, a part at a time. */
const streamsOfPartition = async (
  link: Link,
  partition: number,
  category: string | undefined,
  deadline: Deadline,
): Promise<E.Either<StoreFailed, ReadonlyArray<StreamId>>> => {
  const path = `STREAM.INFO.${link.subjects.eventStream(partition)}`
  const filter = link.subjects.allCommits(partition, category)
  const ids: StreamId[] = []
  for (let offset = 0; ;) {
    const body = { subjects_filter: filter, offset }
    const answer = await askApi(link, { path, body }, deadline)
    if (E.isLeft(answer)) return E.left(failureOf(answer.left))
    const { state, total } = answer.right
    const subjects = isRecord(state) ? state['subjects'] : undefined
    const names = isRecord(subjects) ? Object.keys(subjects) : []
    for (const name of names) {
      const id = streamOfSubject(name)
      if (id !== undefined) ids.push(id)
    }
    offset += names.length
    if (names.length === 0 || typeof total !== 'number' || offset >= total) return E.right(ids)
  }
}

/** How many streams are looked at at the same time. */
const AT_ONCE = 32

const summaryOf = (streamId: StreamId, { version, commit }: LoadedHead): StreamSummary => ({
  streamId,
  version,
  recordedAt: commit?.at ?? 0,
})

const listed = async (
  link: Link,
  heads: Heads,
  { after, limit, category, prefix = '' }: StreamsRange,
): Promise<E.Either<StoreFailed, ReadonlyArray<StreamSummary>>> => {
  const deadline = deadlineOf(link)
  const ids: StreamId[] = []
  for (let partition = 0; partition < link.subjects.partitions; partition++) {
    const some = await streamsOfPartition(link, partition, category, deadline)
    if (E.isLeft(some)) return some
    for (const id of some.right) {
      if (id.startsWith(prefix) && byCodePoints(id, after) > 0) ids.push(id)
    }
  }
  ids.sort(byCodePoints)
  const found: StreamSummary[] = []
  for (let next = 0; next < ids.length && found.length < limit;) {
    const some = ids.slice(next, next + Math.min(AT_ONCE, limit - found.length))
    next += some.length
    const ends = await Promise.all(some.map((id) => heads.load(id, deadline)))
    for (const [index, end] of ends.entries()) {
      if (E.isLeft(end)) return end
      // A stream with commands that have done nothing has no event yet.
      if (end.right.version > 0) found.push(summaryOf(some[index] ?? '', end.right))
    }
  }
  return E.right(found)
}

/** See {@link StreamStore.streams}. The server names all subjects of the category each time, whatever the page. */
export const streamsIn =
  (
    link: Link,
    heads: Heads,
    ready: () => Promise<E.Either<StoreFailed, unknown>>,
  ): StreamStore['streams'] =>
  (range) =>
  async () => {
    if (!canBeginId(range.prefix ?? '')) return E.right([])
    const usable = await ready()
    return E.isLeft(usable) ? usable : listed(link, heads, range)
  }
