import type * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { AppendRequest } from '../../core/append'
import type { Json, JsonObject } from '../../core/json'
import type { Metadata } from '../../core/metadata'
import type { NewEvent, RecordedEvent, StoredEvent } from '../../core/recorded-event'
import {
  ALL_SHARES,
  type Answer,
  digestOf,
  type HistoryEntry,
  type OutboxChange,
  type Question,
  type SeenEvent,
  type SentEvent,
  shareOf,
} from './entries'

/** What {@link historyRecorder} needs. Every key but `write` may be left out. */
export interface RecorderOptions {
  /**
   * Takes an entry. A client whose process may be killed must have written it (`appendFileSync`, say) when this
   * returns.
   */
  readonly write: (entry: HistoryEntry) => void
  /**
   * The clock of the entries, in milliseconds. The same as that of the store, if timers are to be judged; the histories
   * of several processes are merged by it. Default `Date.now`.
   */
  readonly now?: () => number
  /** The number of the first call. Give every process a range of its own. Default 1. */
  readonly firstCall?: number
}

/** What one step of a subscription has done so far. */
export interface StepLog {
  readonly events: SeenEvent[]
  readonly outbox: { readonly process: string; readonly change: OutboxChange }[]
}

/** How a transaction has ended. `unknown`: its commit was not answered. */
export type TransactionEnd = 'committed' | 'rolledBack' | 'unknown'

/** Writes down what one or more clients ask for, and what they are told. */
export interface HistoryRecorder {
  /** Runs a call, with an entry before and another one after it. Fails as the call does. */
  readonly calling: <Failure, Result>(
    client: string,
    asked: Question,
    call: TaskEither<Failure, Result>,
    told: (outcome: E.Either<Failure, Result>) => Answer,
  ) => TaskEither<Failure, Result>
  /** The same, for a step whose work is known only when it has been done. Fails as the call does. */
  readonly stepping: <Failure, Result>(
    client: string,
    asked: Question,
    call: (working: (work: StepWork) => void) => TaskEither<Failure, Result>,
    told: (outcome: E.Either<Failure, Result>) => Answer,
  ) => TaskEither<Failure, Result>
  /**
   * The same history, for clients that end at some moment, as in a crash: what they ask for from then on never reaches
   * the store, and what they were told is not recorded any more.
   */
  readonly until: (isOver: () => boolean) => HistoryRecorder
  /**
   * The same history, for what clients do inside a transaction of their own: what they are told holds only once it is
   * committed, so it is recorded then.
   *
   * @param end - how the transaction ends. Rejected: as `unknown`.
   *
   * @example
   * const store = recordedStore(recorder.within(end), 'client 1', backend.store.inTransaction(transaction))
   */
  readonly within: (end: Promise<TransactionEnd>) => HistoryRecorder
  /** What the step of a transaction has done. `undefined`: it is not recorded. */
  readonly stepOf: (transaction: unknown) => StepLog | undefined
  /** From now on the transaction belongs to a step. */
  readonly opened: (transaction: unknown) => StepLog
  /** To be called by a handler, inside the transaction of its checkpoint: it has handled this event. */
  readonly handled: (
    transaction: unknown,
    event: StoredEvent | (RecordedEvent<unknown> & { readonly event: { readonly type: string } }),
  ) => void
}

export interface StepWork {
  /** Where the step ends. */
  readonly position: number
  readonly log?: StepLog
}

/** What the answer to a call is worth once its transaction has ended. */
const answerAt = (answer: Answer, end: TransactionEnd): Answer => {
  switch (end) {
    case 'committed':
      return answer
    case 'rolledBack':
      return { _tag: 'Refused', reason: 'rolled back' }
    case 'unknown':
      return { _tag: 'Unknown', reason: 'the commit was not answered' }
  }
}

const shareOfQuestion = (asked: Question): string => {
  switch (asked._tag) {
    case 'Append':
    case 'Load':
    case 'Read':
    case 'ReadBackwards':
    case 'Command':
    case 'State':
      return shareOf(asked.streamId)
    case 'Document':
      return shareOf(asked.key)
    case 'ReadAll':
    case 'ReadMatching':
    case 'Register':
    case 'Claim':
    case 'Step':
    case 'Due':
      return ALL_SHARES
  }
}

/** An event in an answer. */
export const seenEvent = (event: StoredEvent): SeenEvent => {
  const { streamId, version, position, id, type } = event
  return {
    streamId,
    version,
    position,
    id,
    type,
    digest: digestOfEvent(event),
    ...commandOf(event),
  }
}

const digestOfEvent = ({ type, schemaVersion, data, metadata }: NewEvent | StoredEvent): number =>
  digestOf([type, schemaVersion, data, withoutUndefined(metadata)])

const withoutUndefined = (metadata: Metadata): JsonObject =>
  Object.fromEntries(
    Object.entries(metadata).filter((entry): entry is [string, Json] => entry[1] !== undefined),
  )

/** What is asked for by an append. */
export const appendQuestion = (request: AppendRequest): Question => ({
  _tag: 'Append',
  streamId: request.streamId,
  expectedVersion: request.expectedVersion,
  events: request.events.map(sentEvent),
  commands: request.commands.map(({ commandId, skip, eventCount }) => ({
    commandId,
    skip,
    eventCount,
  })),
})

const sentEvent = (event: NewEvent): SentEvent => ({
  id: event.id,
  type: event.type,
  data: event.data,
  digest: digestOfEvent(event),
  ...commandOf(event),
  ...(event.tags === undefined || event.tags.length === 0 ? {} : { tags: event.tags }),
})

const commandOf = ({
  metadata: { commandId },
}: Pick<NewEvent, 'metadata'>): Pick<SeenEvent, 'commandId'> =>
  commandId === undefined ? {} : { commandId }

/**
 * Records histories, for {@link checkHistory} to judge. It never fails by itself: a call that fails, or throws, does so
 * as it would without it, and that is in the history.
 *
 * @example
 * const entries: HistoryEntry[] = []
 * const recorder = historyRecorder({ write: (entry) => entries.push(entry) })
 * const store = recordedStore(recorder, 'client 1', backend.store)
 */
export const historyRecorder = ({
  write,
  now = Date.now,
  firstCall = 1,
}: RecorderOptions): HistoryRecorder => {
  let next = firstCall
  const steps = new WeakMap<object, StepLog>()

  const steppingUntil =
    (isOver: () => boolean, end?: Promise<TransactionEnd>): HistoryRecorder['stepping'] =>
    (client, asked, call, told) =>
    async () => {
      if (isOver()) return never()
      const number = next++
      const of = shareOfQuestion(asked)
      write({ of, call: number, at: now(), client, asked })
      const working = ({ position, log }: StepWork): void => {
        if (!isOver())
          write({
            of,
            call: number,
            at: now(),
            work: {
              position,
              ...(log === undefined ? {} : { events: [...log.events] }),
              outbox: [...(log?.outbox ?? [])],
            },
          })
      }
      const answered = (answer: Answer): void => write({ of, call: number, at: now(), answer })
      try {
        const outcome = await call(working)()
        if (isOver()) return await never()
        const answer = told(outcome)
        if (end === undefined || answer._tag === 'Refused' || answer._tag === 'Unknown') {
          answered(answer)
        } else {
          void end
            .catch(() => 'unknown' as const)
            .then((ended) => {
              if (!isOver()) answered(answerAt(answer, ended))
            })
        }
        return outcome
      } catch (cause) {
        if (isOver()) return never()
        answered({ _tag: 'Unknown', reason: `thrown: ${String(cause)}` })
        return Promise.reject(cause instanceof Error ? cause : new Error(String(cause)))
      }
    }

  const stepOf = (transaction: unknown): StepLog | undefined =>
    typeof transaction === 'object' && transaction !== null ? steps.get(transaction) : undefined

  const recorderUntil = (isOver: () => boolean, end?: Promise<TransactionEnd>): HistoryRecorder => {
    const stepping = steppingUntil(isOver, end)
    return {
      calling: (client, asked, call, told) => stepping(client, asked, () => call, told),
      stepping,
      until: (isOverToo) => recorderUntil(() => isOver() || isOverToo(), end),
      within: (ends) => recorderUntil(isOver, ends),
      stepOf,
      opened: (transaction) => {
        const log: StepLog = { events: [], outbox: [] }
        if (typeof transaction === 'object' && transaction !== null) steps.set(transaction, log)
        return log
      },
      handled: (transaction, event) => {
        const { streamId, version, position, id } = event
        const type = 'type' in event ? event.type : event.event.type
        stepOf(transaction)?.events.push({
          streamId,
          version,
          position,
          id,
          type,
          ...commandOf(event),
        })
      },
    }
  }
  return recorderUntil(() => false)
}

/** A client that has ended waits for ever. */
const never = (): Promise<never> => new Promise(() => undefined)
