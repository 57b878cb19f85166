import type { TaskEither } from 'fp-ts/TaskEither'
import type { SubscriptionError } from '../../core/errors/subscription'
import type { Backend } from '../../core/ports/backend'
import { type ProcessManager, processSubscription } from '../../core/process-manager'
import type { SubscriptionStart } from '../../core/subscription-start'
import { settingsOf, type SubscriptionOptions } from '../subscription/definition'
import { oneByOneEffects } from '../subscription/effects'
import type {
  RunOptions,
  SubscriptionBackend,
  SubscriptionNotice,
} from '../subscription/environment'
import { startSubscription } from '../subscription/start-subscription'
import { type Dispatch, sending } from './dispatch-step'
import { reactTo } from './react-step'
import { sendBetweenBatches } from './send-round'
import { recordAnswers } from './record-answers'

/** What a process manager needs of a backend. */
export interface ProcessBackend<Transaction>
  extends SubscriptionBackend<Transaction>, Pick<Backend<Transaction>, 'documents' | 'outbox'> {}

/** How a process manager is run. Only `from` must be given. */
export interface ProcessOptions extends Pick<
  SubscriptionOptions,
  | 'poison'
  | 'batchSize'
  | 'batchTime'
  | 'handlerTimeout'
  | 'stopTimeout'
  | 'leaseDuration'
  | 'minPollInterval'
  | 'maxPollInterval'
> {
  /**
   * Where it begins when it is started for the first time under its name. There is no default: from the start it
   * sends commands for everything that ever happened, from the end none for what happened before.
   */
  readonly from: SubscriptionStart
}

/**
 * Runs a process manager: its processes hear events, remember, and ask for commands, all in one
 * transaction with the checkpoint; what was asked for is then sent through `dispatch` by whichever
 * instance is the owner, timers when their time has come. Ends with a Right when `signal` is aborted.
 *
 * - Each event is heard exactly once, and each ask is written down exactly once.
 * - Each command is sent at least once, always with the same id: pass `options` on to `handleCommand`,
 *   and it has its effect once. Commands of one process are sent in the order they were asked for.
 * - A command that its receiver rejects asks for what `onRejected` says. Any other failure is tried again,
 *   and after the last attempt the request is parked for an operator. Failures of the infrastructure do not
 *   count.
 *
 * Fails with the errors of `runSubscription`.
 *
 * @example
 * const running = runProcessManager(transferring, dispatch, { from: fromEnd })(backend, { signal })()
 */
export const runProcessManager =
  <Stored, Event, Command, State>(
    manager: ProcessManager<Stored, Event, Command, State>,
    dispatch: Dispatch<Command>,
    options: ProcessOptions,
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
    const effects = oneByOneEffects<Transaction>(subscriptions, (stored, transaction) =>
      react(stored, writesIn(transaction)),
    )
    const betweenBatches = sendBetweenBatches(settings, {
      name,
      answersRejections: manager.onRejected !== undefined,
      requests: outbox,
      writesIn,
      send: sending(manager, dispatch),
      record: recordAnswers(manager),
    })
    return startSubscription(settings, { ...backend, ...running }, effects, betweenBatches)
  }
