import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { Kysely, Transaction } from 'kysely'
import { type ReadArchived, readArchivedFrom } from '../../archive/archived-events'
import type { AppendTogetherError } from '../../core/errors/unions'
import { type Limits, limitsOf } from '../../core/limits'
import { appendHooks } from '../../core/ports/append-hooks'
import type { ArchiveFiles } from '../../core/ports/archive-files'
import type { Backend } from '../../core/ports/backend'
import type { BoundaryStore } from '../../core/ports/boundary-store'
import type { EventLocator } from '../../core/ports/event-locator'
import type { EventStore } from '../../core/ports/event-store'
import type { ShardPart } from '../../core/ports/shard'
import { setting, timeSetting } from '../../core/setting'
import type { InlineProjection } from '../../core/ports/inline-projection'
import type { OperatorThresholds } from '../../core/operator/finding'
import type { BackendSubjectKeys } from '../../core/ports/subject-keys'
import type { PersonalDataOptions } from '../../personal/key-ring'
import { setImmediate } from '../../platform/node'
import { appendLocked, lockStatement, tryLockStatement } from './append/append-locked'
import { appendAlone, either, signalling, signallingAll } from './append/append'
import {
  oneUnit,
  type RunTogether,
  taggedAppend,
  togetherAppend,
  unitsAppend,
} from './append/append-together'
import {
  appendAndProject,
  appendOne,
  asTogether,
  type Inline,
  projectInOwnTransaction,
  projectInTransaction,
} from './append/append-with-projections'
import { checked, checkedTogether } from './append/checked-append'
import { GROUP_LOCK_TIMEOUT, groupedAppends, groupedUnits } from './append/group-commit'
import { appendContext, fallbackAppend, optimisticAppend } from './append/optimistic-append'
import { type DatabaseHandle, openDatabase, type WakeUpsOption } from './connection/database'
import { connectionsForLocked, directExecutor } from './connection/origin'
import { compiled, withoutPlugins } from './connection/query'
import { transactionsOn } from './connection/transaction'
import { postgresProjections } from './documents/documents-store'
import { sealingIn } from './keys/sealing'
import { postgresOperator } from './operator/operator'
import { postgresOutbox } from './outbox/outbox-store'
import { readsIn } from './read/reads'
import { startPositionIn } from './read/start-position'
import { DEFAULT_SCHEMA } from './schema/names'
import { type SchemaActions, schemaActions } from './schema/schema-actions'
import { slotMapIn } from './shard/slot-map'
import { postgresSubscriptions } from './subscriptions/subscription-store'
import { postgresWakeUps } from './subscriptions/wake-ups'
import { wholeStore, type WholeStore } from './transfer/transfer'

/**
 * How a backend in PostgreSQL is set up. Every key is optional. No number is rejected: one that is invalid counts as
 * omitted, and one that is out of range as the nearest valid one.
 */
export interface PostgresOptions<Database> {
  /** The schema that holds the tables. Default `reprise`. */
  readonly schema?: string
  /** Those that are left out have their defaults. */
  readonly limits?: Partial<Limits>
  /** Read models that are kept inside every append, also inside the caller's own transactions. */
  readonly inline?: ReadonlyArray<InlineProjection<Transaction<Database>>>
  /**
   * A transaction of a subscription in which nothing happens for so long is ended by the server, so that a
   * frozen process does not keep its locks. In milliseconds, 0: never. Default 10,000.
   */
  readonly idleInTransactionTimeout?: number
  /**
   * How long a statement of the library may take, and how long it waits for a connection, in milliseconds. Then the
   * call is given up with `StoreFailed`, and the connection is destroyed. It covers what handlers and inline
   * projections send in the library's transactions, and not `migrate`. On a `pg.Pool` and on `connectPool`: with a
   * Kysely on a dialect of the caller's own set the driver's timeouts. 1 or more; `Infinity`: none. Default 30,000.
   */
  readonly statementTimeout?: number
  /**
   * How appends of other processes are noticed at once. Default: by listening on one connection beside the pool, for
   * all schemas on it, while something waits for events. With a Kysely on a dialect of the caller's own: as `'poll'`.
   */
  readonly wakeUps?: WakeUpsOption
  /** For codecs with `personal` fields. Omitted: what they give is refused. */
  readonly personalData?: PersonalDataOptions
  /** Where archived streams are read whose events are in files. Omitted: such a read fails with `ArchiveUnreadable`. */
  readonly archiveFiles?: ArchiveFiles
  /** How the operator looks. */
  readonly operator?: OperatorOptions
}

/** How the operator of a backend looks. Every key is optional. */
export interface OperatorOptions {
  readonly thresholds?: Partial<OperatorThresholds>
  /** Where the counting of events that are behind ends. 1 to 1,000,000. Default 100,000. */
  readonly countUpTo?: number
  /** This machine's clock, to compare the server's with. Milliseconds since 1970-01-01 UTC. Default `Date.now`. */
  readonly now?: () => number
  /**
   * Whose positions the checkpoints of this schema are. `elsewhere`: it is the read side of a source in JetStream, so
   * `reset` does not compare a position with the events of the schema itself. Default `here`.
   */
  readonly events?: 'here' | 'elsewhere'
}

/** A store in PostgreSQL. */
export interface PostgresStore<Database> extends EventStore, BoundaryStore {
  readonly locate: EventLocator['locate']
  /**
   * The same store inside the caller's own transaction: what it appends is committed or rolled back
   * with the caller's rows. A conflict leaves the transaction usable.
   */
  readonly inTransaction: (transaction: Transaction<Database>) => EventStore & BoundaryStore
}

/** Everything in PostgreSQL. */
export interface PostgresBackend<Database>
  extends Backend<Transaction<Database>>, WholeStore, SchemaActions {
  readonly store: PostgresStore<Database>
  /** The Kysely that it works on: the caller's own, or one over what was handed in. */
  readonly db: Kysely<Database>
  /** As one of several shards: see `sharded`. */
  readonly asShard: ShardPart<EventStore & BoundaryStore>
}

interface StoreParts<Database> {
  readonly schema: string
  readonly limits: Limits
  readonly inline: Inline<Database>
  readonly subjectKeys: BackendSubjectKeys<Transaction<Database>>
  readonly signal: () => void
  readonly statementTimeout: number
  readonly idleTimeout: number
  readonly readArchived: ReadArchived
  /** What appends to a shard carry. Left out: the store is no shard. */
  readonly stamp?: number
}

const storeOn = <Database>(
  db: Kysely<Database>,
  {
    schema,
    limits,
    inline,
    subjectKeys,
    signal,
    statementTimeout,
    idleTimeout,
    readArchived,
    stamp,
  }: StoreParts<Database>,
): PostgresStore<Database> => {
  const direct = directExecutor(db)
  const reads = readsIn(schema, readArchived)
  const goingBy = stamp === undefined ? {} : { stamp }
  const context = appendContext(schema, goingBy)
  const limited = { ...goingBy, lockTimeout: GROUP_LOCK_TIMEOUT }
  const grouping = appendContext(schema, limited, context)
  const bounds = { connections: connectionsForLocked(db), timeout: statementTimeout }

  const fallback = (transaction: Transaction<Database>) =>
    asTogether(
      appendAlone(fallbackAppend(withoutPlugins(transaction), context.statements, 'transaction')),
    )
  const optimistic = (transaction: Transaction<Database>) =>
    asTogether(appendAlone(optimisticAppend(context, withoutPlugins(transaction), 'transaction')))
  const ways = { statements: context.statements, optimistic, fallback }
  const append =
    inline.projections.length === 0
      ? groupedAppends(
          signallingAll(signal, optimisticAppend(grouping, direct, 'statement')),
          bounds,
        )
      : signalling(signal, appendAndProject(db, inline, ways))

  const togetherIn = (transaction: Transaction<Database>) =>
    togetherAppend(
      oneUnit(
        unitsAppend(withoutPlugins(transaction), context.statements.appendTogether, 'transaction'),
      ),
    )
  const units = unitsAppend(direct, grouping.statements.appendTogether, 'statement')
  const together =
    inline.projections.length === 0
      ? togetherAppend(groupedUnits(signallingAll(signal, units), bounds))
      : signalling(signal, projectInOwnTransaction(db, inline, togetherIn))

  const lock = lockStatement(schema)
  const tryLock = tryLockStatement(schema)
  const runInTransaction = transactionsOn(db, idleTimeout)
  const lockedIn = (
    transaction: Transaction<Database>,
    readMatching: BoundaryStore['readMatching'],
    run: RunTogether<AppendTogetherError>,
  ) => {
    const executor = withoutPlugins(transaction)
    const append = checkedTogether(limits, run)
    const keys = subjectKeys.inTransaction(transaction)
    return { limits, transaction: executor, lock, readMatching, subjectKeys: keys, append }
  }

  const { afterAppend, hooked, hookedAppend, hookedLocked } = appendHooks(setImmediate)
  const appendStored = checked(limits, either(append, appendOne(taggedAppend(together))))
  const appendTogether = checkedTogether(limits, together)
  return {
    ...reads(direct, 'statement'),
    append: hookedAppend(appendStored),
    appendTogether: (request) =>
      hooked(request.streams, appendTogether(request), ({ streams }) => streams),
    appendLocked: hookedLocked((likely, decide) =>
      pipe(
        runInTransaction((transaction) => {
          const { readMatching } = reads(withoutPlugins(transaction), 'transaction')
          const run = projectInTransaction(inline, transaction, togetherIn(transaction))
          const parts = { ...lockedIn(transaction, readMatching, run), tryLock }
          return appendLocked(parts)(likely, decide)
        }),
        TE.tapIO(() => signal),
      ),
    ),
    afterAppend,
    locate: startPositionIn(schema)(direct),
    // The hint comes before the commit, of which the library does not know: what is woken looks again soon.
    inTransaction: (transaction) => {
      const projecting = <Failure>(run: RunTogether<Failure>) =>
        signalling(signal, projectInTransaction(inline, transaction, run))
      const inside = projecting(togetherIn(transaction))
      const inTransaction = reads(withoutPlugins(transaction), 'transaction')
      return {
        ...inTransaction,
        append: checked(
          limits,
          either(appendOne(projecting(fallback(transaction))), appendOne(taggedAppend(inside))),
        ),
        appendTogether: checkedTogether(limits, inside),
        // A transaction of the caller's cannot be tried again from here: it waits.
        appendLocked: appendLocked(lockedIn(transaction, inTransaction.readMatching, inside)),
        afterAppend,
      }
    },
  }
}

/**
 * Everything in PostgreSQL, in one schema of a database. Its tables are made by `npx reprise migrate`, or by
 * `backend.migrate`.
 *
 * @param given - a `pg.Pool`, a Kysely on any PostgreSQL dialect, or a PGlite. It stays the caller's: end it after
 *   `backend.close()`. Anything else: each call answers `StoreFailed`, whose message says what is wrong.
 *
 * @example
 * const backend = postgres<Database>(new Pool({ connectionString: process.env['DATABASE_URL'] }))
 * const accounts = openCategory(account, backend)
 * const running = runProjection(balances)(backend, { signal })()
 */
export const postgres = <Database = unknown>(
  given: DatabaseHandle<Database>,
  {
    schema = DEFAULT_SCHEMA,
    limits = {},
    inline: projections = [],
    idleInTransactionTimeout,
    statementTimeout: givenTimeout,
    wakeUps: option,
    personalData,
    archiveFiles,
    operator = {},
  }: PostgresOptions<Database> = {},
): PostgresBackend<Database> => {
  const statementTimeout = setting(givenTimeout, 30_000, 1)
  const { db, bounded, notifications, notifies, probe, close } = openDatabase(
    given,
    statementTimeout,
    option,
  )
  const direct = directExecutor(bounded)
  const notify = (statement: string) => direct.executeQuery(compiled(statement))
  const wakeUps = postgresWakeUps(schema, notifications, notifies ? notify : undefined)
  const { signal, listen, isListening } = wakeUps
  const idleTimeout = timeSetting(idleInTransactionTimeout, 10_000, 0)
  const documents = postgresProjections(bounded, schema, idleTimeout)
  const sealing = sealingIn(bounded, schema, personalData, notifications)
  const { subjectKeys, onForgotten } = sealing
  const inline = { projections: sealing.inline(projections), documentsIn: documents.inTransaction }
  const parts = {
    schema,
    limits: limitsOf(limits),
    ...{ inline, subjectKeys, signal, statementTimeout, idleTimeout },
    readArchived: readArchivedFrom(archiveFiles),
  }
  const operating = { ...operator, ...probe, schema, onForgotten }
  return {
    db,
    store: sealing.whole(storeOn(bounded, parts)),
    asShard: {
      ...slotMapIn(schema)(direct),
      storeBy: (stamp) => sealing.whole(storeOn(bounded, { ...parts, stamp })),
    },
    subscriptions: postgresSubscriptions(bounded, schema, idleTimeout),
    documents: sealing.documents(documents),
    outbox: sealing.outbox(postgresOutbox(bounded, schema)),
    subjectKeys,
    operator: sealing.operator(postgresOperator(bounded, operating)),
    ...wholeStore(db, { schema, signal }),
    wakeUps: { signal, listen, isListening },
    ...schemaActions(db, schema),
    close: async () => {
      sealing.stop()
      await wakeUps.close()
      await close()
    },
  }
}
