import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import * as TE from 'fp-ts/TaskEither'
import type { View } from '../../core/algebra/view'
import type { Json } from '../../core/json'
import type { InlineProjection } from '../../core/ports/inline-projection'
import type { TransactionDocuments } from '../../core/ports/projection-store'
import type { StoredEvent } from '../../core/recorded-event'
import type { FaultyParts } from '../faults/inject-faults'
import type { Random } from '../faults/random'
import type { HistoryRecorder } from './recorder'
import type { HistoryRules, ReplayedEvent } from './replay-rules'

/** What a client of the workload works with. Everything that it asks for is recorded. */
export interface ClientWorld<Transaction> {
  readonly name: string
  readonly backend: FaultyParts<Transaction>
  readonly recorder: HistoryRecorder
  readonly random: Random
  /** Waits for so many milliseconds. */
  readonly pause: (milliseconds: number) => Promise<void>
  /** Counts one operation; `false`: there were enough. */
  readonly goesOn: () => boolean
}

/** Works on a store until it is enough. What it is told is in the history; it never fails. */
export type Client<Transaction> = (world: ClientWorld<Transaction>) => Promise<void>

/** The documents that are written inside of appends. */
export const INLINE = 'proof-inline'
/** Those that are written by the subscription. */
export const COUNTED = 'proof-counted'

const numberIn = (value: Json | undefined, key: string): number =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Number((value as Readonly<Record<string, Json>>)[key] ?? 0)
    : 0

/** The version of a stream, and a number that depends on the order of its events. */
const counted: View<Json, ReplayedEvent> = {
  initialState: { version: 0, sum: 0 },
  evolve: (state, { data }) => ({
    version: numberIn(state, 'version') + 1,
    sum: (numberIn(state, 'sum') * 31 + numberIn(data, 'number')) % 1_000_003,
  }),
}

/** What the documents of the workload are judged by. */
export const workloadRules: HistoryRules = {
  documents: [INLINE, COUNTED].map((collection) => ({
    collection,
    versionOf: (document) => numberIn(document, 'version'),
    view: counted,
    inline: collection === INLINE,
  })),
}

/** Writes the document of the event's stream. */
export const count = (
  documents: TransactionDocuments,
  collection: string,
  event: StoredEvent,
): TaskEither<unknown, void> =>
  TE.flatMap((before: { readonly value: Json } | undefined) =>
    documents.put(
      collection,
      event.streamId,
      counted.evolve(before?.value ?? counted.initialState, event),
    ),
  )(documents.get(collection, event.streamId))

/** To be given to the backend when it is opened: one document for each stream. */
export const workloadInline: InlineProjection<unknown> = {
  name: INLINE,
  project: (events, _transaction, documents) => async () => {
    const keys = [...new Set(events.map(({ streamId }) => streamId))]
    const locked = await documents.lock(INLINE, keys)()
    if (E.isLeft(locked)) return locked
    for (const event of events) {
      const done = await count(documents, INLINE, event)()
      if (E.isLeft(done)) return done
    }
    return E.right(undefined)
  },
}

/** A call that may be thrown: a store should not, and a fault does. */
export const safely = async <Failure, Result>(
  call: TaskEither<Failure, Result>,
): Promise<E.Either<Failure | undefined, Result>> => {
  try {
    return await call()
  } catch {
    return E.left(undefined)
  }
}
