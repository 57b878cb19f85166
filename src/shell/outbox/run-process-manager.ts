import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { fencedOff, type SubscriptionError } from '../../core/errors/subscription'
import type { Backend } from '../../core/ports/backend'
import type { DueRequest } from '../../core/ports/request-store'
import { type ProcessManager, processSubscription } from '../../core/process-manager'
import { settingsOf, type SubscriptionOptions } from '../subscription/definition'
import { transactionEffects } from '../subscription/effects'
import type {
  RunOptions,
  SubscriptionBackend,
  SubscriptionNotice,
} from '../subscription/environment'
import { runSubscription } from '../subscription/run-subscription'
import { oneByOne } from '../subscription/subscribe'
import type { BetweenBatches } from '../subscription/worker-context'
import { type Answered, type Dispatch, dispatchOne, recordAnswers } from './dispatch-step'
import { reactTo } from './react-step'

/** What a process manager needs of a backend. */
export interface ProcessBackend<Transaction>
  extends SubscriptionBackend<Transaction>, Pick<Backend<Transaction>, 'documents' | 'outbox'> {}

/** How a process manager is run. Every key may be left out. */
export type ProcessOptions = Pick<
  SubscriptionOptions,
  'from' | 'poison' | 'batchSize' | 'leaseDuration' | 'shortestPause' | 'longestPause'
>

const MOST_REQUESTS = 50

const byKey = (requests: ReadonlyArray<DueRequest>): ReadonlyArray<ReadonlyArray<DueRequest>> => {
  const groups = new Map<string, DueRequest[]>()
  for (const request of requests) {
    const group = groups.get(request.key) ?? []
    groups.set(request.key, [...group, request])
  }
  return [...groups.values()]
}

/**
 * Runs a process manager: its processes hear events, remember, and ask for commands, all in one
 * transaction with the checkpoint; what was asked for is then sent through `dispatch` by whichever
 * instance is the owner, timers when their time has come. Ends with a Right when `signal` is aborted.
 *
 * - Each event is heard exactly once, and each ask is written down exactly once.
 * - Each command is sent at least once, always with the same id: pass `options` on to `handleCommand`,
 *   and it has its effect once. Commands of one process are sent in the order they were asked for.
 * - A command that its receiver rejects asks for what `refused` says. Any other failure is tried again,
 *   and after the last attempt the request is parked for an operator.
 *
 * Fails with the errors of `subscribe`.
 *
 * @example
 * const running = runProcessManager(transferring, dispatch)(backend, { signal })()
 */
export const runProcessManager =
  <Stored, Event, Command, State>(
    manager: ProcessManager<Stored, Event, Command, State>,
    dispatch: Dispatch<Command>,
    options: ProcessOptions = {},
  ) =>
  <Transaction>(
    backend: ProcessBackend<Transaction>,
    running: RunOptions<SubscriptionNotice>,
  ): TaskEither<SubscriptionError, void> => {
    const { name, categories, events } = manager
    const { subscriptions, documents, outbox } = backend
    const chosen = categories === undefined ? {} : { categories }
    const settings = settingsOf(
      { ...options, ...chosen, name: processSubscription(name) },
      Object.keys(events.schemaVersions),
    )
    const writesIn = (transaction: Transaction) => ({
      documents: documents.inTransaction(transaction),
      requests: outbox.inTransaction(transaction),
    })
    const react = reactTo(manager)
    const effects = transactionEffects(
      subscriptions,
      oneByOne<Transaction>(settings.name, (stored, transaction) =>
        react(stored, writesIn(transaction)),
      ),
    )

    /** Sends the commands of one process, up to the first that fails. */
    const sendAll = async (
      group: ReadonlyArray<DueRequest>,
      mayWork: () => boolean,
    ): Promise<ReadonlyArray<Answered<Command>>> => {
      const answers: Answered<Command>[] = []
      for (const request of group) {
        if (!mayWork()) break
        const answer = await dispatchOne(manager, dispatch, settings.poison, request)
        answers.push(answer)
        if (answer._tag === 'Failed') break
      }
      return answers
    }

    const betweenBatches: BetweenBatches = async (lease, checkpoint, mayWork) => {
      const due = await outbox.due(name, MOST_REQUESTS)()
      if (E.isLeft(due)) return due
      if (due.right.length === 0) return E.right(false)
      const groups = byKey(due.right)
      const answers = (await Promise.all(groups.map((group) => sendAll(group, mayWork)))).flat()
      if (answers.length === 0) {
        return E.left(fencedOff(lease.subscription, lease.partition, lease.token))
      }
      const record = recordAnswers(manager, settings.poison)
      const settled = await subscriptions.commit(
        { lease, after: checkpoint, position: checkpoint },
        (transaction) => () => record(answers, writesIn(transaction)),
      )()
      return E.isLeft(settled) ? settled : E.right(true)
    }
    return runSubscription(settings, { ...backend, ...running }, effects, betweenBatches)
  }
