import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { EventStore } from '../../core/ports/event-store'
import type { Operator } from '../../core/ports/operator'
import type { Projections } from '../../core/ports/projection-store'
import type { Outbox } from '../../core/ports/outbox'
import type { BackendSubjectKeys } from '../../core/ports/subject-keys'
import type { SubscriptionStore } from '../../core/ports/subscription-store'
import { type Opened, registerSuites, type TestWords } from '../suites'
import type { Transact } from '../transact'
import { archivedReads } from './archived-reads'
import { archivingStreams } from './archiving'
import { closingStreams } from './closing'
import { erasingStreams } from './erasing'
import { audit } from './audit'
import { examining } from './examining'
import { forgettingSubjects } from './forgetting'
import { goingBack } from './going-back'
import { holding } from './holding'
import { moving } from './moving'
import { movingToFiles } from './moving-to-files'
import { testFiles } from './test-files'
import { outbox } from './outbox'
import { lag } from './lag'
import { lineages } from './lineages'
import { names } from './names'
import { renaming } from './renaming'
import { repartitioning } from './repartitioning'
import { seeing } from './seeing'
import { stopping } from './stopping'
import { tags } from './tags'
import { truncatedReads } from './truncated-reads'
import { truncatingStreams } from './truncating'
import { type Suite, type Operated, type OperatorSettings, SETTINGS } from './subject'

/** An operator that is open for one test, with everything that is operated. It must be empty. */
export interface OperatorUnderContract<Transaction> extends Opened {
  readonly operator: Operator
  readonly store: EventStore
  readonly subscriptions: SubscriptionStore<Transaction>
  readonly documents: Projections<Transaction>
  readonly outbox: Outbox<Transaction>
  readonly subjectKeys: BackendSubjectKeys<Transaction>
  readonly transact: Transact<Transaction>
}

/** What {@link operatorContract} needs: an operator, and the words of any test runner. */
export interface OperatorContract<Transaction> extends TestWords {
  /** The adapter's name, for the test titles. */
  readonly name: string
  /** Called once for each test, with what the operator must be made with. */
  readonly open: (settings: OperatorSettings) => Promise<OperatorUnderContract<Transaction>>
}

const suites: ReadonlyArray<Suite> = [
  seeing,
  lag,
  names,
  holding,
  stopping,
  moving,
  renaming,
  repartitioning,
  goingBack,
  outbox,
  audit,
  lineages,
  tags,
  closingStreams,
  archivedReads,
  archivingStreams,
  movingToFiles,
  truncatedReads,
  truncatingStreams,
  erasingStreams,
  forgettingSubjects,
  examining,
]

/**
 * Registers every test that an operator's port must pass. There are no opt-outs. Each test needs an empty
 * store: a schema of its own, for instance.
 *
 * @example
 * operatorContract({
 *   name: 'memory',
 *   open: async (settings) => {
 *     const backend = memory({ operator: settings, archiveFiles: settings.archiveFiles })
 *     return { ...backend, transact: transactThrough(backend.subscriptions) }
 *   },
 *   describe,
 *   it,
 * })
 */
export const operatorContract = <Transaction>({
  name,
  open,
  ...words
}: OperatorContract<Transaction>): void => {
  const subject = async (): Promise<Operated> => {
    const files = testFiles()
    const { operator, store, subscriptions, documents, outbox, subjectKeys, transact, close } =
      await open({ ...SETTINGS, archiveFiles: files })
    return {
      operator,
      store,
      subscriptions: {
        ...subscriptions,
        commit: (step, work) =>
          subscriptions.commit(step, () =>
            pipe(
              work(),
              TE.map(() => step),
            ),
          ),
      },
      documents,
      outbox,
      subjectKeys,
      withKeys: (work) => transact((transaction) => work(subjectKeys.inTransaction(transaction))),
      transact: (work) => transact((transaction) => work(outbox.inTransaction(transaction))),
      files,
      close,
    }
  }
  registerSuites(`${name}: the operator contract`, suites, subject, words)
}
