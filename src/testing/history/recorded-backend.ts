import * as E from 'fp-ts/Either'
import type { AppendError, ReadError } from '../../core/errors/unions'
import type { EventStore } from '../../core/ports/event-store'
import type { ProjectionStore } from '../../core/ports/projection-store'
import type { Outbox, OutboxWrites } from '../../core/ports/outbox'
import type { SubscriptionStore } from '../../core/ports/subscription-store'
import type { Answer, OutboxChange } from './entries'
import { appendQuestion, type HistoryRecorder, seenEvent } from './recorder'

interface Failure {
  readonly _tag: string
  readonly message: string
  readonly outcome?: 'nothingWritten' | 'unknown'
}

const refused = (failure: Failure): Answer => ({
  _tag: failure.outcome === 'unknown' ? 'Unknown' : 'Refused',
  reason: failure._tag,
})

/** What the client of an append is told when it fails. */
export const refusedAppend = (failure: AppendError): Answer => {
  switch (failure._tag) {
    case 'VersionConflict':
      return { _tag: 'Refused', reason: failure._tag, version: failure.actual }
    case 'CommandAlreadyHandled': {
      const { commandId, after, eventCount } = failure
      return { _tag: 'Refused', reason: failure._tag, handled: { commandId, after, eventCount } }
    }
    case 'InvalidStreamId':
    case 'InvalidAppend':
    case 'UnencodableEvent':
    case 'LimitExceeded':
    case 'ProjectionFailed':
    case 'Overloaded':
    case 'StoreFailed':
      return refused(failure)
  }
}

const reading =
  <Result>(answer: (result: Result) => Answer) =>
  (outcome: E.Either<ReadError, Result>): Answer =>
    E.isLeft(outcome) ? { _tag: 'Refused', reason: outcome.left._tag } : answer(outcome.right)

/** The store, and a history of what `client` asks of it. */
export const recordedStore = (
  recorder: HistoryRecorder,
  client: string,
  store: EventStore,
): EventStore => ({
  ...store,
  append: (request) =>
    recorder.calling(client, appendQuestion(request), store.append(request), (outcome) =>
      E.isLeft(outcome)
        ? refusedAppend(outcome.left)
        : {
            _tag: 'Appended',
            version: outcome.right.version,
            positions: outcome.right.positions,
          },
    ),
  load: (request) => {
    const { streamId, after, limit, commandId } = request
    const command = commandId === undefined ? {} : { commandId }
    return recorder.calling(
      client,
      { _tag: 'Load', streamId, after, limit, ...command },
      store.load(request),
      reading(({ version, snapshot, events, more, handled }) => ({
        _tag: 'Page',
        version,
        after: snapshot?.version ?? after,
        events: events.map(seenEvent),
        more,
        ...(handled === undefined ? {} : { handled: { ...handled } }),
      })),
    )
  },
  read: (streamId, range) =>
    range.tags === undefined
      ? recorder.calling(
          client,
          { _tag: 'Read', streamId, ...range },
          store.read(streamId, range),
          reading(({ events, more }) => ({
            _tag: 'Page',
            after: range.after,
            events: events.map(seenEvent),
            more,
          })),
        )
      : store.read(streamId, range), // a page with gaps, which a history cannot judge
  readAll: (range) =>
    recorder.calling(
      client,
      { _tag: 'ReadAll', ...range },
      store.readAll(range),
      reading(({ events, upTo, more }) => ({
        _tag: 'StorePage',
        events: events.map(seenEvent),
        upTo,
        more,
      })),
    ),
})

const stepped = (outcome: E.Either<Failure, unknown>): Answer =>
  E.isLeft(outcome) ? refused(outcome.left) : { _tag: 'Stepped' }

/** The subscriptions, and a history of what `client` claims and saves. */
export const recordedSubscriptions = <Transaction>(
  recorder: HistoryRecorder,
  client: string,
  subscriptions: SubscriptionStore<Transaction>,
): SubscriptionStore<Transaction> => ({
  ...subscriptions,
  register: (subscription) => {
    const { name, categories, types, tags } = subscription
    return recorder.calling(
      client,
      {
        _tag: 'Register',
        subscription: name,
        ...(categories === undefined ? {} : { categories }),
        ...(types === undefined ? {} : { types }),
        ...(tags === undefined ? {} : { tags }),
      },
      subscriptions.register(subscription),
      (outcome) =>
        E.isLeft(outcome)
          ? refused(outcome.left)
          : { _tag: 'Registered', partitions: outcome.right },
    )
  },
  claim: (subscription, instance, duration, report) =>
    recorder.calling(
      client,
      { _tag: 'Claim', subscription, instance },
      subscriptions.claim(subscription, instance, duration, report),
      (outcome) =>
        E.isLeft(outcome)
          ? refused(outcome.left)
          : {
              _tag: 'Claimed',
              leases: outcome.right.leases.map(({ partition, token, position }) => ({
                partition,
                token,
                position,
              })),
            },
    ),
  save: (progress) => {
    const { lease, after, position } = progress
    const { subscription, partition, token } = lease
    return recorder.stepping(
      client,
      { _tag: 'Step', subscription, partition, token, after },
      (working) => async () => {
        working({ position })
        return subscriptions.save(progress)()
      },
      stepped,
    )
  },
  commit: (from, work) => {
    const { lease, after } = from
    const { subscription, partition, token } = lease
    return recorder.stepping(
      client,
      { _tag: 'Step', subscription, partition, token, after },
      (working) =>
        subscriptions.commit(from, (transaction) => async () => {
          const log = recorder.opened(transaction)
          const worked = await work(transaction)()
          if (E.isRight(worked)) working({ position: worked.right.position, log })
          return worked
        }),
      stepped,
    )
  },
})

/** Read models, and a history of the documents that `client` gets. */
export const recordedDocuments = <Documents extends Pick<ProjectionStore, 'get'>>(
  recorder: HistoryRecorder,
  client: string,
  documents: Documents,
): Documents => ({
  ...documents,
  get: (collection, key) =>
    recorder.calling(
      client,
      { _tag: 'Document', collection, key },
      documents.get(collection, key),
      (outcome) =>
        E.isLeft(outcome)
          ? refused(outcome.left)
          : {
              _tag: 'DocumentFound',
              ...(outcome.right === undefined ? {} : { value: outcome.right.value }),
            },
    ),
})

/** The outbox, and a history of what is put into it and what it gives to `client`. */
export const recordedOutbox = <Transaction>(
  recorder: HistoryRecorder,
  client: string,
  outbox: Outbox<Transaction>,
): Outbox<Transaction> => ({
  ...outbox,
  inTransaction: (transaction) => {
    const writes = outbox.inTransaction(transaction)
    return notedWrites(writes, (process, change) => {
      recorder.stepOf(transaction)?.outbox.push({ process, change })
    })
  },
  takeDue: (process, limit) =>
    recorder.calling(
      client,
      { _tag: 'Due', process, limit },
      outbox.takeDue(process, limit),
      (outcome) =>
        E.isLeft(outcome)
          ? refused(outcome.left)
          : { _tag: 'Given', ids: outcome.right.map(({ id }) => id) },
    ),
})

const notedWrites = (
  writes: OutboxWrites,
  note: (process: string, change: OutboxChange) => void,
): OutboxWrites => ({
  ...writes,
  add: (request, due) => async () => {
    const { process, key, id } = request
    const timer = due._tag === 'Now' ? {} : { timer: due.timer }
    const time = due._tag === 'At' ? { time: due.time } : {}
    const delay = due._tag === 'At' ? {} : { delay: due._tag === 'After' ? due.delay : 0 }
    note(process, { _tag: 'Add', key, id, ...timer, ...delay, ...time })
    return writes.add(request, due)()
  },
  cancel: (process, key, timer) => async () => {
    note(process, { _tag: 'Cancel', key, timer })
    return writes.cancel(process, key, timer)()
  },
  cancelAll: (process, key) => async () => {
    note(process, { _tag: 'Cancel', key })
    return writes.cancelAll(process, key)()
  },
  done: (process, ids) => async () => {
    note(process, { _tag: 'Done', ids })
    return writes.done(process, ids)()
  },
  failed: (request) => async () => {
    note(request.process, { _tag: 'Failed', id: request.id })
    return writes.failed(request)()
  },
})
