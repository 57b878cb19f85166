import type { RequestStore } from '../../core/ports/request-store'
import { type Opened, registerChapters, type TestWords } from '../chapters'
import type { Transact } from '../transact'
import { asking } from './asking'
import { failing } from './failing'
import type { Chapter, Requests } from './subject'
import { timers } from './timers'

/** A store that is open for one test. It may hold any other commands. */
export interface RequestsUnderContract<Transaction> extends Opened {
  readonly outbox: RequestStore<Transaction>
  /** The same data over separate connections, as another process would see it. */
  readonly second?: RequestStore<Transaction>
  readonly transact: Transact<Transaction>
}

/** What {@link requestStoreContract} needs: a store, and the functions of a test runner. */
export interface RequestStoreContract<Transaction> extends TestWords {
  /** The adapter's name, for the test titles. */
  readonly name: string
  /** Called once for each test. */
  readonly open: () => Promise<RequestsUnderContract<Transaction>>
}

const chapters: ReadonlyArray<Chapter> = [asking, timers, failing]

/**
 * Registers every test that an outbox must pass: the store of the commands that process managers have
 * issued, timers included. There are no opt-outs. Each test uses a process manager of its own, so the
 * store may be shared.
 *
 * @example
 * requestStoreContract({
 *   name: 'PostgreSQL',
 *   open: async () => ({ ...backend, transact, close }),
 *   describe,
 *   it,
 * })
 */
export const requestStoreContract = <Transaction>({
  name,
  open,
  ...words
}: RequestStoreContract<Transaction>): void => {
  const subject = async (): Promise<Requests> => {
    const { outbox, second = outbox, transact, close } = await open()
    return {
      store: outbox,
      second,
      transact: (work) => transact((transaction) => work(outbox.inTransaction(transaction))),
      close,
    }
  }
  registerChapters(`${name}: the request store contract`, chapters, subject, words)
}
