import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { byCodePoints } from '../../core/code-points'
import type { InvalidOperation } from '../../core/errors/operator'
import {
  fileRefused,
  type ListedArchivedStream,
  MOST_BYTES,
  moveToFileProblem,
  type MoveToFile,
  rangeDiffers,
  rangeGivenUp,
  type RangeToWrite,
  type WrittenRange,
  writtenRangeProblem,
} from '../../core/operator/moving-to-files'
import type { Operator } from '../../core/ports/operator'
import { categoryOf, type StreamId } from '../../core/stream'
import { archivedContent } from '../../core/transfer/archived-content'
import { sha256 } from '../../platform/node'
import { eventsOf, type MemoryLog, type MemoryStream } from './log'
import type { MemoryAudit } from './operator-audit'
import { inOrder } from './reads'

const sizeOf = (content: string): number => new TextEncoder().encode(content).length

const contentOf = (log: MemoryLog, streamId: StreamId, stream: MemoryStream): string =>
  archivedContent(
    streamId,
    eventsOf(stream).map((event) => ({
      ...inOrder(log, event),
      tags: stream.archivedTags.get(event.position) ?? [],
    })),
  )

const listed = ({
  archived,
  archivedSequence,
  place,
}: MemoryStream): ReadonlyArray<ListedArchivedStream> =>
  archived === undefined
    ? []
    : [{ ...archived, sequence: archivedSequence, ...(place === undefined ? {} : { place }) }]

/** What is left of the events of a stream in a file: its version. What is below `first` is never read. */
const forgetEvents = (stream: MemoryStream): void => {
  const [last] = stream.events.slice(-1)
  if (last === undefined) return
  stream.events.fill(Object.freeze({ ...last, data: {}, metadata: {} }))
  stream.first = stream.events.length + 1
  stream.archivedTags.clear()
}

/** Moving archived streams to files. */
export const memoryMovingToFiles = (
  log: MemoryLog,
  audit: MemoryAudit,
): Pick<
  Operator,
  'archivedStreams' | 'beginMoveToFile' | 'finishMoveToFile' | 'unusedRanges' | 'rangeOverwritten'
> => {
  const { files, ranges } = log

  const begin = ({
    file,
    streams,
    expects,
  }: MoveToFile): E.Either<InvalidOperation, RangeToWrite | undefined> => {
    const own = log.lineage.current
    if (expects === 'new' && !files.has(file)) files.set(file, { lineage: own, length: 0 })
    const known = files.get(file)
    if (known === undefined) return E.left(fileRefused(file, 'unknown'))
    if (known.lineage !== own) return E.left(fileRefused(file, 'elsewhere'))
    const isUsed = [...log.streams.values()].some(({ place }) => place?.file === file)
    if (expects === 'new' && isUsed) return E.left(fileRefused(file, 'lost'))
    for (const range of ranges.values()) if (range.file === file) range.givenUp = true
    const parts = streams.toSorted(byCodePoints).flatMap((streamId) => {
      const stream = log.streams.get(streamId)
      if (stream?.archived === undefined || stream.place !== undefined) return []
      const content = contentOf(log, streamId, stream)
      return sizeOf(content) > MOST_BYTES ? [] : [{ streamId, content }]
    })
    if (parts.length === 0) return E.right(undefined)
    const start = known.length
    const length = parts.reduce((total, { content }) => total + sizeOf(content), 0)
    known.length += length
    log.lastRange += 1
    ranges.set(log.lastRange, { file, start, length, parts, givenUp: false })
    return E.right({ range: log.lastRange, start, parts })
  }

  const finish = ({
    range,
    sha256s,
    by,
    why,
  }: WrittenRange): E.Either<InvalidOperation, ReadonlyArray<StreamId>> => {
    const known = ranges.get(range)
    if (known === undefined || known.givenUp) return E.left(rangeGivenUp(range))
    const { file, parts } = known
    if (parts.some(({ content }, index) => sha256(content, 'hex') !== sha256s[index])) {
      return E.left(rangeDiffers(range))
    }
    let { start } = known
    for (const { streamId, content } of parts) {
      const [stream, length, sum] = [
        log.streams.get(streamId),
        sizeOf(content),
        sha256(content, 'hex'),
      ]
      if (stream?.archived === undefined) continue // an erased one has given the range up
      const { events } = stream.archived
      stream.place = { file, start, length, sha256: sum }
      forgetEvents(stream)
      const detail = { why, events, ...stream.place }
      audit.add(
        { operator: by, action: 'move to file', subject: streamId, detail },
        { outcome: 'done', message: `${events} moved to ${file}` },
      )
      start += length
    }
    ranges.delete(range)
    return E.right(parts.map(({ streamId }) => streamId))
  }

  return {
    archivedStreams: ({ after, limit, where, category, closedBefore = Infinity }) =>
      TE.fromIO(() => {
        const found = [...log.streams.values()]
          .filter(({ place }) => (place !== undefined) === (where === 'files'))
          .filter(({ closure }) => (closure?.closedAt ?? 0) < closedBefore)
          .flatMap(listed)
          .filter(({ sequence }) => sequence > after)
          .filter(({ streamId }) => category === undefined || categoryOf(streamId) === category)
          .sort((left, right) => left.sequence - right.sequence)
        return { streams: found.slice(0, limit), more: found.length > limit }
      }),
    beginMoveToFile: (moving) => () => {
      const problem = moveToFileProblem(moving)
      return Promise.resolve(problem === undefined ? begin(moving) : E.left(problem))
    },
    finishMoveToFile: (written) => () => {
      const problem = writtenRangeProblem(written)
      return Promise.resolve(problem === undefined ? finish(written) : E.left(problem))
    },
    unusedRanges: () =>
      TE.fromIO(() =>
        [...ranges].flatMap(([range, { file, start, length, givenUp }]) =>
          givenUp ? [{ range, file, start, length }] : [],
        ),
      ),
    rangeOverwritten: (range) =>
      TE.fromIO(() => {
        if (ranges.get(range)?.givenUp === true) ranges.delete(range)
      }),
  }
}
