import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { Kysely } from 'kysely'
import { noEarlierBuild } from '../../../core/errors/projection'
import type { StoreFailed } from '../../../core/errors/store'
import {
  countUpToOf,
  filtersFinding,
  type Finding,
  horizonFinding,
  type OperatorThresholds,
  ownersFinding,
  parkedFinding,
  projectionsFinding,
  archiveFilesFinding,
  tagsFinding,
  thresholdsOf,
} from '../../../core/operator/finding'
import type { PartitionStatus } from '../../../core/operator/status'
import type { Operator } from '../../../core/ports/operator'
import { directExecutor } from '../connection/origin'
import type { PreparedStatementsProbe } from '../connection/prepared-statements-probe'
import { postgresBuilds } from '../documents/builds'
import { newLineage, planMigration } from '../schema/migrate'
import { DEFAULT_SCHEMA } from '../schema/names'
import { archiving } from './archiving'
import { audit } from './audit'
import { closing } from './closing'
import type { Check } from './doctor/check'
import { examineWith } from './doctor/examine'
import { migrationsCheck } from './doctor/migrations-check'
import { serverChecks } from './doctor/server-checks'
import { tableChecks } from './doctor/table-checks'
import { erasing } from './erasing'
import { find } from './find'
import { forgetting } from './forgetting'
import { holding } from './holding'
import { horizonOf } from './horizon'
import { operatedSchema } from './operated-schema'
import { movingToFiles } from './moving-to-files'
import { outbox } from './outbox'
import { statusOf } from './status'
import { categoryTags } from './tags'
import { truncating } from './truncating'
import { type EventsPlace, subscriptionActions } from './subscription-actions'

/** What {@link postgresOperator} looks at, and how. Every key is optional. */
export interface PostgresOperatorOptions {
  /** The schema that holds the tables. Default `reprise`. */
  readonly schema?: string
  readonly thresholds?: Partial<OperatorThresholds>
  /** Where the counting of events that are behind ends. 1 to 1,000,000. Default 100,000. */
  readonly countUpTo?: number
  /** This machine's clock, to compare the server's with. Milliseconds since 1970-01-01 UTC. Default `Date.now`. */
  readonly now?: () => number
  /** Default `here`: see {@link EventsPlace}. */
  readonly events?: EventsPlace
  /** Finds out whether prepared statements can be used. Omitted: `examine` does not look at that. */
  readonly preparedStatements?: TE.TaskEither<StoreFailed, PreparedStatementsProbe>
  /** Called when something was forgotten, or erased, that this process may have in memory. Default: nothing. */
  readonly onForgotten?: () => void
}

/**
 * The operator's view of a store in PostgreSQL, and what it can do there.
 *
 * @example
 * const operator = postgresOperator(db)
 * const status = await operator.status()()
 */
export const postgresOperator = <Database>(
  db: Kysely<Database>,
  {
    schema = DEFAULT_SCHEMA,
    thresholds = {},
    countUpTo,
    now = Date.now,
    preparedStatements,
    events = 'here',
    onForgotten = () => undefined,
  }: PostgresOperatorOptions = {},
): Operator => {
  const direct = directExecutor(db)
  const operated = operatedSchema(direct, schema)
  const builds = postgresBuilds(direct, schema)
  const limits = thresholdsOf(thresholds)
  const status = statusOf(operated, countUpToOf(countUpTo))
  const tags = categoryTags(operated)
  const files = movingToFiles(operated)
  const horizon = horizonOf(operated, limits.openAppend)

  const aboutSubscriptions = (
    name: string,
    judge: (partitions: ReadonlyArray<PartitionStatus>) => Finding,
  ): Check => ({ name, needs: 'tables', look: pipe(status(), TE.map(judge)) })

  return {
    ...holding(operated),
    ...outbox(operated),
    ...audit(operated),
    ...subscriptionActions(operated, events),
    ...tags,
    ...archiving(operated),
    ...files,
    ...closing(operated),
    ...truncating(operated, onForgotten),
    ...erasing(operated, onForgotten),
    ...forgetting(operated, onForgotten),
    status,
    builds: builds.builds,
    rollBack: (projection, from) =>
      pipe(
        builds.rollBack(projection, from),
        TE.flatMap(() => builds.active(projection)),
        TE.flatMapEither((active) =>
          active === undefined || (active.version === from.version && active.build === from.build)
            ? E.left(noEarlierBuild(projection))
            : E.right(active),
        ),
      ),
    find: find(operated),
    newLineage: () => newLineage(direct, schema),
    horizon,
    examine: examineWith([
      ...serverChecks(operated, { now, preparedStatements }),
      migrationsCheck(schema, planMigration(db, schema)),
      ...tableChecks(operated),
      { name: 'horizon', needs: 'tables', look: pipe(horizon(), TE.map(horizonFinding)) },
      aboutSubscriptions('owners', (partitions) => ownersFinding(partitions, limits)),
      aboutSubscriptions('filters', (partitions) => filtersFinding(partitions, limits)),
      aboutSubscriptions('parked', parkedFinding),
      aboutSubscriptions('projections', (partitions) => projectionsFinding(partitions, limits)),
      { name: 'tags', needs: 'tables', look: pipe(tags.taggedCategories(), TE.map(tagsFinding)) },
      {
        name: 'archives',
        needs: 'tables',
        look: pipe(files.unusedRanges(), TE.map(archiveFilesFinding)),
      },
    ]),
  }
}
