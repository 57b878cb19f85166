import type { Outbox } from '../../core/ports/outbox'
import { type Opened, registerSuites, type TestWords } from '../suites'
import type { Transact } from '../transact'
import { commands } from './commands'
import { failing } from './failing'
import type { Suite, Requests } from './subject'
import { timers } from './timers'

/** A store that is open for one test. It may hold any other commands. */
export interface RequestsUnderContract<Transaction> extends Opened {
  readonly outbox: Outbox<Transaction>
  /** The same data over separate connections, as another process would see it. */
  readonly second?: Outbox<Transaction>
  readonly transact: Transact<Transaction>
}

/** What {@link outboxContract} needs: a store, and the functions of a test runner. */
export interface RequestStoreContract<Transaction> extends TestWords {
  /** The adapter's name, for the test titles. */
  readonly name: string
  /** Called once for each test. */
  readonly open: () => Promise<RequestsUnderContract<Transaction>>
}

const suites: ReadonlyArray<Suite> = [commands, timers, failing]

/**
 * Registers every test that an outbox must pass: the store of the commands that process managers have
 * issued, timers included. There are no opt-outs. Each test uses a process manager of its own, so the
 * store may be shared.
 *
 * @example
 * outboxContract({
 *   name: 'memory',
 *   open: async () => {
 *     const { outbox, subscriptions, close } = memory()
 *     return { outbox, transact: transactThrough(subscriptions), close }
 *   },
 *   describe,
 *   it,
 * })
 */
export const outboxContract = <Transaction>({
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
  registerSuites(`${name}: the request store contract`, suites, subject, words)
}
