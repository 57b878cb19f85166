import * as E from 'fp-ts/Either'
import type { ProjectionStore } from '../../core/ports/projection-store'
import type { Outbox, OutboxWrites } from '../../core/ports/outbox'
import type { SubscriptionStore } from '../../core/ports/subscription-store'
import type { Answer, OutboxChange } from './entries'
import { type Failure, refused } from './recorded-store'
import type { HistoryRecorder } from './recorder'

const stepped = (outcome: E.Either<Failure, unknown>): Answer =>
  E.isLeft(outcome) ? refused(outcome.left) : { _tag: 'Stepped' }

/**
 * The subscriptions, and a history of what `client` claims and saves.
 *
 * @example
 * const subscriptions = recordedSubscriptions(recorder, 'client 1', backend.subscriptions)
 */
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

/**
 * Read models, and a history of the documents that `client` gets.
 *
 * @example
 * const documents = recordedDocuments(recorder, 'client 1', backend.documents)
 */
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

/**
 * The outbox, and a history of what is put into it and what it gives to `client`.
 *
 * @example
 * const outbox = recordedOutbox(recorder, 'client 1', backend.outbox)
 */
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
