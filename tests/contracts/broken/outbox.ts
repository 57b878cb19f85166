import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { memoryOperator } from '../../../src/adapters/memory/operator'
import { memoryOutbox } from '../../../src/adapters/memory/outbox-store'
import { memory, type MemoryTransaction } from 'reprise/memory'
import { type BrokenReadSide, requestsThat, requestWritesThat } from './broken-read-side'

/** Request stores with a defect each. */
export const brokenOutboxes: ReadonlyArray<BrokenReadSide> = [
  {
    defect: 'keeps two entries of a request that is added twice',
    open: requestWritesThat(({ add, done }) => {
      const again = (id: string) => `${id} again`
      return {
        add: (request, due) =>
          pipe(
            add(request, due),
            TE.flatMap(() => add({ ...request, id: again(request.id) }, due)),
          ),
        done: (process, ids) => done(process, [...ids, ...ids.map(again)]),
      }
    }),
    noticedBy: ['commands: keeps one entry of a command that is added twice'],
  },
  {
    defect: 'lets a cancelled timer go off',
    open: requestWritesThat(() => ({ cancel: () => TE.right(undefined) })),
    noticedBy: ['timers: does not fire once it is cancelled'],
  },
  {
    defect: 'cancels the timers of all processes',
    open: requestsThat((store) => ({
      inTransaction: (transaction) => {
        const writes = store.inTransaction(transaction)
        return {
          ...writes,
          cancel: (process, _key, timer) => async () => {
            for (const key of ['one', 'another']) await writes.cancel(process, key, timer)()
            return TE.right(undefined)()
          },
        }
      },
    })),
    noticedBy: ['timers: does not fire once it is cancelled'],
  },
  {
    defect: 'gives a timer before its time',
    open: requestWritesThat(({ add }) => ({
      add: (request, due) => add(request, due._tag === 'After' ? { ...due, delay: 0 } : due),
    })),
    noticedBy: ['timers: fires after its delay, and not before'],
  },
  {
    defect: 'gives everything that waits, due or not',
    open: requestsThat((_store, documents) => {
      const operator = memoryOperator({
        store: memory().store,
        lineage: { current: 'one' },
        documents,
      })
      return {
        takeDue: (process, limit) =>
          pipe(
            operator.outbox(process, { which: 'all', after: 0, limit }),
            TE.map(({ commands }) => commands),
          ),
      }
    }),
    noticedBy: [
      'timers: fires at its time, at once when that has passed',
      'failed commands: parks a command, with everything behind it',
      'failed commands: holds back the later commands of its process, and of no other',
    ],
  },
  {
    defect: 'takes a time in milliseconds for seconds',
    open: requestWritesThat(({ add }) => ({
      add: (request, due) =>
        add(request, due._tag === 'At' ? { ...due, time: due.time / 1_000 } : due),
    })),
    noticedBy: ['timers: fires at its time, at once when that has passed'],
  },
  {
    defect: 'keeps both timers of one name',
    open: requestWritesThat(({ add }) => ({
      add: (request, due) =>
        add(request, due._tag === 'Now' ? due : { ...due, timer: `${due.timer} ${request.id}` }),
    })),
    noticedBy: [
      'timers: is replaced by one with the same name, and comes after commands issued before',
    ],
  },
  {
    defect: 'writes past the transaction',
    open: requestsThat((store, documents) => ({
      inTransaction: () => {
        const at = (write: (transaction: MemoryTransaction) => void): void => {
          const open = documents.begin()
          write(open.transaction)
          open.commit()
        }
        return store.inTransaction({
          ...documents,
          lock: () => Promise.resolve(true),
          put: (...written) => at(({ put }) => put(...written)),
          delete: (...deleted) => at((transaction) => transaction.delete(...deleted)),
        })
      },
    })),
    noticedBy: [
      'commands: keeps nothing of a transaction that is rolled back',
      'timers: fires when its cancelling is rolled back',
    ],
  },
  {
    defect: 'does not hold back what comes after a failed request',
    open: requestsThat((_store, documents) => {
      const store = memoryOutbox(documents, Date.now)
      return {
        ...store,
        inTransaction: (transaction) => {
          const writes = store.inTransaction(transaction)
          return {
            ...writes,
            add: (request, due) =>
              writes.add(
                request,
                due._tag === 'Now' ? { _tag: 'After', timer: request.id, delay: 0 } : due,
              ),
          }
        },
      }
    }),
    noticedBy: [
      'failed commands: holds back the later commands of its process, and of no other',
      'failed commands: parks a command, with everything behind it',
    ],
  },
]
