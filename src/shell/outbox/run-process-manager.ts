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
import { onEachSource, type OnSources, runningOnSources } from '../sources'
import { startSubscription } from '../subscription/start-subscription'
import { type Dispatch, sending } from './dispatch-step'
import { reactTo } from './react-step'
import { sendBetweenBatches } from './send-round'
import { recordAnswers } from './record-answers'

/** The parts of a backend that a process manager needs. */
export interface ProcessBackend<Transaction>
  extends SubscriptionBackend<Transaction>, Pick<Backend<Transaction>, 'documents' | 'outbox'> {}

/** How a process manager is run. Only `from` is required. */
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
  /**
   * What to do about events that were imported, whose `metadata.imported` says so: they are history, and what followed from
   * them has followed elsewhere. `observe`: a process takes them into its state, and issues no command and sets no
   * timer. `react`: as any other. Default `observe`.
   */
  readonly imported?: 'observe' | 'react'
}

/** Runs a process manager on one source. */
const runOnSource = <Stored, Event, Command, State, Transaction>(
  manager: ProcessManager<Stored, Event, Command, State>,
  dispatch: Dispatch<Command>,
  options: ProcessOptions,
  environment: ProcessBackend<Transaction> & RunOptions<SubscriptionNotice>,
): TaskEither<SubscriptionError, void> => {
  const { name, categories, events } = manager
  const { subscriptions, documents, outbox } = environment
  const chosen = categories === undefined ? {} : { categories }
  const settings = settingsOf(
    { ...options, ...chosen, name: processSubscription(name) },
    Object.keys(events.schemaVersions),
  )
  const writesIn = (transaction: Transaction) => ({
    documents: documents.inTransaction(transaction),
    outbox: outbox.inTransaction(transaction),
  })
  const react = reactTo(manager, options.imported === 'react' ? 'react' : 'observe')
  const effects = oneByOneEffects<Transaction>(subscriptions, (stored, transaction) =>
    react(stored, writesIn(transaction)),
  )
  const betweenBatches = sendBetweenBatches(settings, {
    name,
    answersRejections: manager.onRejected !== undefined,
    outbox,
    writesIn,
    send: sending(manager, dispatch),
    record: recordAnswers(manager),
  })
  return startSubscription(settings, environment, effects, betweenBatches)
}

/**
 * Runs a process manager: its processes receive events, store their state and issue commands, all in one
 * transaction with the checkpoint. The commands are then sent through `dispatch` by the instance that owns
 * the partition, timers when they are due. Ends with a Right when `signal` is aborted.
 *
 * - Each event is received exactly once, and each command is stored exactly once.
 * - Each command is sent at least once, always with the same id: pass `options` on to `handleCommand`,
 *   and it has its effect once. Commands of one process are sent in the order in which they were issued.
 * - A command that its receiver rejects leads to the actions of `onRejected`. Any other failure is retried,
 *   and after the last attempt the command is parked for an operator. Failures of the infrastructure are
 *   retried without being counted.
 *
 * On a backend with several sources there is a process manager for each: events of one process are to come from one source,
 * by the `placement` of their streams.
 *
 * Fails with the errors of `runSubscription`.
 *
 * @example
 * const running = runProcessManager(transferring, dispatch, { from: fromEnd })(backend, { signal })()
 */
export const runProcessManager = <Stored, Event, Command, State>(
  manager: ProcessManager<Stored, Event, Command, State>,
  dispatch: Dispatch<Command>,
  options: ProcessOptions,
) =>
  runningOnSources(
    <Transaction>(
      backend: OnSources<ProcessBackend<Transaction>>,
      running: RunOptions<SubscriptionNotice>,
    ): TaskEither<SubscriptionError, void> =>
      onEachSource(backend, running, (source, own) =>
        runOnSource(manager, dispatch, options, { ...source, ...own }),
      ),
  )
