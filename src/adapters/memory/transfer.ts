import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { canonicalJson } from '../../core/canonical-json'
import { byCodePoints } from '../../core/code-points'
import { importOvertaken } from '../../core/errors/transfer'
import type {
  ExportedCommand,
  ImportBatch,
  ImportProgress,
  Refusal,
  Transfer,
} from '../../core/ports/transfer'
import { categoryOf, type StreamId } from '../../core/stream'
import { isComplete, tagsNotDeclared } from '../../core/tagged-category'
import { frozenEvent } from './frozen'
import { type MemoryLog, streamOf, streamToWrite } from './log'
import { inOrder } from './reads'
import { addTags, tagsAt } from './tag-index'

/** What the transfer of a memory store needs. */
export interface MemoryTransferParts {
  readonly log: MemoryLog
  /** Declares the tags of a category: see `EventStore.declareTags`. */
  readonly declareTags: (category: string) => void
  /** Called after a batch that was stored. */
  readonly signal: () => void
}

interface MemoryImport {
  progress: ImportProgress
  readonly refusals: Refusal[]
}

/** Events in one page. */
const PAGE = 1_000

/** Of an erased stream: no event fits to it. */
const ERASED_VERSION = 2_147_483_647

const versionOf = (log: MemoryLog, streamId: StreamId): number =>
  log.erasures.has(streamId) ? ERASED_VERSION : streamOf(log, streamId).events.length

const isClosed = (log: MemoryLog, streamId: StreamId): boolean =>
  streamOf(log, streamId).closure !== undefined

const byStreamAndId = (
  left: Pick<ExportedCommand, 'streamId' | 'commandId'>,
  right: Pick<ExportedCommand, 'streamId' | 'commandId'>,
): number =>
  byCodePoints(left.streamId, right.streamId) || byCodePoints(left.commandId, right.commandId)

const handledOn = (log: MemoryLog, streamId: StreamId): ReadonlyArray<ExportedCommand> =>
  Array.from(streamOf(log, streamId).handled, ([commandId, record]) => ({
    streamId,
    commandId,
    after: record.after,
    eventCount: record.eventCount,
    ...(record.fingerprint === undefined ? {} : { fingerprint: record.fingerprint }),
  }))

/** Whether all of its events are at or before a position. */
const isWithin = (log: MemoryLog, upTo: number, command: ExportedCommand): boolean => {
  const last = command.after + command.eventCount
  const event = streamOf(log, command.streamId).events[last - 1]
  return last === 0 || (event !== undefined && event.position <= upTo)
}

/** Whether the streams and commands are as the batch takes them to be. */
const fits = (log: MemoryLog, { events, commands }: ImportBatch): boolean => {
  if (events.some(({ streamId }) => isClosed(log, streamId))) return false
  const versions = new Map<StreamId, number>()
  const versionNow = (id: StreamId) => versions.get(id) ?? versionOf(log, id)
  for (const { streamId, version } of events) {
    if (version !== versionNow(streamId) + 1) return false
    versions.set(streamId, version)
  }
  return commands.every(
    ({ streamId, commandId, after, eventCount }) =>
      !streamOf(log, streamId).handled.has(commandId) && after + eventCount <= versionNow(streamId),
  )
}

const keepEvents = (log: MemoryLog, { events }: ImportBatch): void => {
  for (const event of events) {
    const { streamId, version, recordedAt } = event
    const { tags, ...taken } = frozenEvent({
      ...event,
      metadata: { ...event.metadata, imported: true },
    })
    const position = log.events.length + 1
    const stored = Object.freeze({ ...taken, streamId, version, position, recordedAt })
    streamToWrite(log, streamId).events.push(stored)
    log.events.push(stored)
    addTags(log.tags, position, tags)
  }
}

/** Categories that get events whose tags may be missing: what rests on their tags is refused from now on. */
const noteIncomplete = ({ tags }: MemoryLog, { events, completeTags }: ImportBatch): void => {
  for (const { streamId } of events) {
    const known = tags.categories.get(categoryOf(streamId))
    if (known === undefined || completeTags.includes(known.category)) continue
    if (known.completeAfter === undefined) continue
    tags.categories.set(known.category, { ...known, completeAfter: undefined, rebuiltTo: 0 })
  }
}

/** Takes out what a memory store holds, and brings it in. */
export const memoryTransfer = ({ log, declareTags, signal }: MemoryTransferParts): Transfer => {
  const imports = new Map<string, MemoryImport>()
  const importOf = (archive: string): MemoryImport => {
    const known = imports.get(archive)
    if (known !== undefined) return known
    const nothing = { lines: 0, bytes: 0, events: 0, commands: 0, refused: 0, isFinished: false }
    const begun: MemoryImport = { progress: { archive, ...nothing }, refusals: [] }
    imports.set(archive, begun)
    return begun
  }

  return {
    exportStart: () =>
      TE.fromIO(() => ({
        lineage: log.lineage.current,
        upTo: log.events.length,
        completeTags: [...log.tags.categories.values()]
          .filter(isComplete)
          .map(({ category }) => category)
          .toSorted(),
      })),
    exportEvents:
      ({ after, upTo }, take) =>
      async () => {
        for (let from = after; from < upTo; from += PAGE) {
          const page = log.events
            .slice(from, Math.min(from + PAGE, upTo))
            .filter((event) => event !== undefined) // erased
            .map((event) => ({ ...inOrder(log, event), tags: tagsAt(log.tags, event.position) }))
          const taken = await take(page)()
          if (E.isLeft(taken)) return taken
        }
        return E.right(undefined)
      },
    exportCommands: ({ after, upTo, limit }) =>
      TE.fromIO(() =>
        [...log.streams.keys()]
          .flatMap((streamId) => handledOn(log, streamId))
          .filter((command) => after === undefined || byStreamAndId(command, after) > 0)
          .filter((command) => isWithin(log, upTo, command))
          .sort(byStreamAndId)
          .slice(0, limit),
      ),
    beginImport: (archive, completeTags) =>
      TE.fromIO(() => {
        const { progress } = importOf(archive)
        if (progress.lines === 0) for (const category of completeTags) declareTags(category)
        return progress
      }),
    lookForImport: (streams, commands) =>
      TE.fromIO(() => ({
        versions: new Map(streams.map((id) => [id, versionOf(log, id)])),
        closed: new Set(streams.filter((id) => isClosed(log, id))),
        commands: commands.flatMap(({ streamId, commandId }) =>
          handledOn(log, streamId).filter((one) => one.commandId === commandId),
        ),
      })),
    storeBatch: (batch) => () => {
      const { from, to, events, commands, refusals, completeTags } = batch
      const known = importOf(from.archive)
      const { progress } = known
      if (progress.lines !== from.lines || progress.isFinished) {
        return Promise.resolve(E.left(importOvertaken(from.archive)))
      }
      const undeclared = events
        .map(({ streamId }) => categoryOf(streamId))
        .find(
          (one) => log.tags.categories.get(one)?.enforced === true && !completeTags.includes(one),
        )
      if (undeclared !== undefined) return Promise.resolve(E.left(tagsNotDeclared(undeclared)))
      if (!fits(log, batch)) return Promise.resolve(E.right(undefined))
      keepEvents(log, batch)
      noteIncomplete(log, batch)
      for (const { streamId, commandId, ...mark } of commands) {
        streamToWrite(log, streamId).handled.set(commandId, Object.freeze(mark))
      }
      known.refusals.push(...canonicalJson(refusals))
      known.progress = {
        ...{ archive: from.archive, ...to },
        events: progress.events + events.length,
        commands: progress.commands + commands.length,
        refused: progress.refused + refusals.length,
      }
      signal()
      return Promise.resolve(E.right(known.progress))
    },
    refusals: (archive, { after, limit }) =>
      TE.fromIO(() =>
        (imports.get(archive)?.refusals ?? []).filter(({ line }) => line > after).slice(0, limit),
      ),
  }
}
