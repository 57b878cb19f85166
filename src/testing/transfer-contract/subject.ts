import type { EventStore } from '../../core/ports/event-store'
import type { Operator } from '../../core/ports/operator'
import type {
  ExportedCommand,
  ExportedEvent,
  HistoricEvent,
  ImportBatch,
  ImportProgress,
  Transfer,
} from '../../core/ports/transfer'
import type { StoredEvent } from '../../core/recorded-event'
import type { StreamId } from '../../core/stream'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { succeeds } from '../store-contract/checks'
import { anEvent } from '../store-contract/fixtures'
import type { Opened, SuiteOf } from '../suites'

/** What the tests run on. It may hold anything else. */
export interface Transferred extends Opened {
  readonly transfer: Transfer
  readonly store: EventStore
  readonly operator: Pick<Operator, 'taggedCategories' | 'beginTags' | 'erase'>
}

export type Suite = SuiteOf<Transferred>

/** The digest of an archive that was never imported. */
export const freshArchive = (): string =>
  (crypto.randomUUID() + crypto.randomUUID()).replaceAll('-', '')

/** A time long ago. Milliseconds since 1970-01-01 UTC. */
export const LONG_AGO = 1_000_000_123

/** Events of a stream as they were recorded elsewhere, from a version on. */
export const historic = (
  streamId: StreamId,
  count: number,
  first = 1,
  more: Partial<HistoricEvent> = {},
): ReadonlyArray<HistoricEvent> =>
  Array.from({ length: count }, (_, index) => ({
    ...anEvent({ number: first + index }),
    ...{ streamId, version: first + index, recordedAt: LONG_AGO + index, ...more },
  }))

/** The next batch of an import. */
export const aBatch = (
  from: ImportProgress,
  content: Partial<Omit<ImportBatch, 'from'>> = {},
): ImportBatch => ({
  from,
  to: { lines: from.lines + 10, bytes: from.bytes + 100, isFinished: false },
  events: [],
  commands: [],
  refusals: [],
  completeTags: [],
  ...content,
})

/** Imports a batch that must be stored. */
export const imported = async (
  { transfer }: Transferred,
  content: Partial<Omit<ImportBatch, 'from'>>,
  archive: string = freshArchive(),
): Promise<ImportProgress> => {
  const from = await succeeds(transfer.beginImport(archive, content.completeTags ?? []))
  const stored = await succeeds(transfer.storeBatch(aBatch(from, content)))
  return stored ?? (await Promise.reject(new Error('the batch was not stored')))
}

/** All events that an export gives after a position, of one category. */
export const exportedOf = async (
  { transfer }: Transferred,
  category: string,
  after = 0,
): Promise<ReadonlyArray<ExportedEvent>> => {
  const { upTo } = await succeeds(transfer.exportStart())
  const found: ExportedEvent[] = []
  await succeeds(
    transfer.exportEvents({ after, upTo }, (page) =>
      pipe(
        TE.fromIO(() => {
          found.push(...page.filter(({ streamId }) => streamId.startsWith(`${category}-`)))
        }),
      ),
    ),
  )
  return found
}

/** All commands that an export gives, of one stream. */
export const commandsOf = async (
  { transfer }: Transferred,
  streamId: StreamId,
  limit = 1_000,
): Promise<ReadonlyArray<ExportedCommand>> => {
  const { upTo } = await succeeds(transfer.exportStart())
  const found: ExportedCommand[] = []
  let after = { streamId, commandId: '' }
  for (;;) {
    const page = await succeeds(transfer.exportCommands({ after, upTo, limit }))
    const own = page.filter((command) => command.streamId === streamId)
    const isRepeated = own.some(({ commandId }) => commandId <= after.commandId)
    if (isRepeated) return Promise.reject(new Error('a page repeats what came before'))
    found.push(...own)
    const last = page.at(-1)
    if (last === undefined || page.length < limit || last.streamId !== streamId) return found
    after = last
  }
}

/** All events of a category, in the order of the whole store. */
export const allOf = async (
  { store }: Transferred,
  category: string,
): Promise<ReadonlyArray<StoredEvent>> => {
  const found: StoredEvent[] = []
  let [after, more] = [0, true]
  while (more) {
    const page = await succeeds(store.readAll({ after, limit: 1_000, categories: [category] }))
    found.push(...page.events)
    ;[after, more] = [page.upTo, page.more]
  }
  return found
}
