import * as E from 'fp-ts/Either'
import type * as TE from 'fp-ts/TaskEither'
import type { StoreFailed } from '../../core/errors/store'
import type { ImportOvertaken } from '../../core/errors/transfer'
import { JSON_PER_STATEMENT } from '../../core/limits'
import type { ImportBatch, ImportLook, ImportProgress, Transfer } from '../../core/ports/transfer'
import type { StreamId, StreamVersion } from '../../core/stream'
import { MOST_TAGS_PER_APPEND } from '../../core/tags'
import type { ArchiveHeader } from '../../core/transfer/archive'
import { decodedEvent } from '../../core/transfer/encoded-event'
import { judge, type LineRules, lookOf, type ReadLine, readLine } from '../../core/transfer/judge'
import { lineParser, type SourceLine } from '../../core/transfer/parse-line'

/** An archive that was checked: see {@link ArchiveRejected}. */
export interface ArchiveSource<Failure> {
  /** Its SHA-256, in hexadecimal digits: by this an import that was interrupted is known again. */
  readonly archive: string
  readonly header: ArchiveHeader
  readonly duplicates: LineRules['duplicates']
  /** The lines after so many, which are so many bytes; some at a time. */
  readonly linesAfter: (
    lines: number,
    bytes: number,
  ) => AsyncIterable<E.Either<Failure, ReadonlyArray<SourceLine>>>
}

/** How an archive is imported. */
export interface ImportOptions {
  /** Abort it to stop after the batch at hand: another call goes on from there. */
  readonly signal: AbortSignal
  /** Why an event is refused, or `undefined`. Omitted: none is but for what no store takes. */
  readonly accept?: LineRules['accept']
  /** Called before the first batch, and after each. */
  readonly onProgress?: (progress: ImportProgress) => void
}

/** Events and commands in one transaction. */
const LINES_PER_BATCH = 4_000

/** Some lines, and how far the import is after them. */
interface Some {
  readonly lines: ReadonlyArray<ReadLine>
  readonly to: ImportBatch['to']
}

/** Groups the lines of an archive: so many of them, and so much JSON and so many tags, as one transaction takes. */
async function* batches<Failure>(
  { header, linesAfter, duplicates }: ArchiveSource<Failure>,
  from: ImportProgress,
  accept: LineRules['accept'],
): AsyncGenerator<E.Either<Failure, Some>> {
  const rules = { parse: lineParser(header.lines), duplicates, accept }
  let lines: ReadLine[] = []
  let tags = new Set<string>()
  let size = 0
  for await (const some of linesAfter(from.lines, from.bytes)) {
    if (E.isLeft(some)) {
      yield some
      return
    }
    for (const at of some.right) {
      if (at.line === 1) continue // the header
      const read = readLine(at, rules)
      lines.push(read)
      size += at.length
      if (read._tag === 'Event') for (const tag of read.event.tags ?? []) tags.add(tag)
      const isFinished = read._tag === 'End'
      const isFull =
        lines.length >= LINES_PER_BATCH ||
        size >= JSON_PER_STATEMENT ||
        tags.size >= MOST_TAGS_PER_APPEND
      if (!isFull && !isFinished) continue
      const to = { lines: at.line, bytes: at.start + at.length + 1, isFinished }
      yield E.right({ lines, to })
      if (isFinished) return
      ;[lines, tags, size] = [[], new Set(), 0]
    }
  }
}

/** Of so many streams the versions are remembered at most. */
const MOST_STREAMS = 50_000

/** The versions of streams to which the import has come before, and how often events had been removed by then. */
interface Memory {
  readonly versions: Map<StreamId, StreamVersion>
  removals: number | undefined
}

const forget = (memory: Memory): void => {
  memory.versions.clear()
  memory.removals = undefined
}

/** What the store has of the streams and commands of some lines. Those that are remembered are not looked for. */
const lookWith = async (
  memory: Memory,
  lookForImport: Transfer['lookForImport'],
  { streams, commands }: ReturnType<typeof lookOf>,
): Promise<E.Either<StoreFailed, ImportLook>> => {
  for (;;) {
    const versions = new Map<StreamId, StreamVersion>()
    const unknown: StreamId[] = []
    for (const streamId of streams) {
      const version = memory.versions.get(streamId)
      if (version === undefined) unknown.push(streamId)
      else versions.set(streamId, version)
    }
    if (unknown.length === 0 && commands.length === 0) return E.right({ versions, commands: [] })
    const found = await lookForImport(unknown, commands)()
    if (E.isLeft(found)) return found
    const { removals = memory.removals } = found.right
    if (memory.versions.size === 0 || removals === memory.removals) {
      memory.removals = removals
      for (const [streamId, version] of found.right.versions) versions.set(streamId, version)
      return E.right({ ...found.right, versions })
    }
    forget(memory)
  }
}

/**
 * Stores one batch after the other. The versions of streams that got events lately are known: no other writer is expected there, and the
 * store says so if there was one.
 */
const storing = (
  transfer: Pick<Transfer, 'lookForImport' | 'storeBatch' | 'storeRaw'>,
  completeTags: ReadonlyArray<string>,
) => {
  const { storeBatch } = transfer
  const storeRaw: NonNullable<Transfer['storeRaw']> =
    transfer.storeRaw ??
    ((batch) => storeBatch({ ...batch, events: batch.events.map(decodedEvent) }))
  const memory: Memory = { versions: new Map(), removals: undefined }
  const remember = (
    events: ReadonlyArray<{ streamId: StreamId; version: StreamVersion }>,
  ): void => {
    for (const { streamId, version } of events) memory.versions.set(streamId, version)
    if (memory.versions.size > MOST_STREAMS) forget(memory)
  }
  return async (
    from: ImportProgress,
    { lines, to }: Some,
  ): Promise<E.Either<StoreFailed | ImportOvertaken, ImportProgress>> => {
    const wanted = lookOf(lines)
    for (;;) {
      const look = await lookWith(memory, transfer.lookForImport, wanted)
      if (E.isLeft(look)) return look
      const { removals, versions: streams } = memory
      const known =
        removals === undefined || streams.size === 0 ? {} : { known: { streams, removals } }
      const batch = { from, to, completeTags, ...judge(lines, look.right), ...known }
      const stored = await storeRaw(batch)()
      if (E.isLeft(stored)) return stored
      if (stored.right !== undefined) {
        remember(batch.events)
        return E.right(stored.right)
      }
      forget(memory)
    }
  }
}

/**
 * Imports an archive, or goes on with that: batch by batch, each in a transaction of its own together with how far it is. So
 * an import that was killed goes on after the last batch, and one that has ended changes nothing when it is called again. Streams
 * that are not in the archive can be written to meanwhile. A line that cannot be imported is refused, and kept with its
 * reason: see `Transfer.refusals`. Answers how far it has come; not finished: it was stopped.
 *
 * Fails with
 * - `ImportOvertaken`: another process imports the same archive.
 * - `StoreFailed`: the store rejected a statement or did not answer. Call it again: it goes on.
 * - what `linesAfter` fails with.
 */
export const importArchive =
  <Failure>(source: ArchiveSource<Failure>, options: ImportOptions) =>
  ({
    transfer,
  }: {
    readonly transfer: Pick<Transfer, 'beginImport' | 'lookForImport' | 'storeBatch' | 'storeRaw'>
  }): TE.TaskEither<StoreFailed | ImportOvertaken | Failure, ImportProgress> =>
  async () => {
    const { signal, accept, onProgress } = options
    const { completeTags } = source.header
    const begun = await transfer.beginImport(source.archive, completeTags)()
    if (E.isLeft(begun)) return begun
    let progress = begun.right
    onProgress?.(progress)
    if (progress.isFinished) return E.right(progress)

    const some = batches(source, progress, accept)
    const store = storing(transfer, completeTags)
    let next = some.next()
    try {
      while (!signal.aborted) {
        const batch = await next
        if (batch.done === true) break
        if (E.isLeft(batch.value)) return batch.value
        // The next lines are read while these are stored: two batches at a time, no more.
        next = some.next()
        next.catch(() => undefined) // a rejection is handled when the batch is awaited, if ever
        const stored = await store(progress, batch.value.right)
        if (E.isLeft(stored)) return stored
        progress = stored.right
        onProgress?.(progress)
      }
    } finally {
      await next.catch(() => undefined)
      await some.return(undefined)
    }
    return E.right(progress)
  }
