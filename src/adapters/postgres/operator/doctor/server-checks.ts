import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { StoreFailed } from '../../../../core/errors/store'
import { type Finding, ok, problem, warning } from '../../../../core/operator/finding'
import { count, duration } from '../../../../core/text'
import type { PreparedStatementsProbe } from '../../connection/prepared-statements-probe'
import { epoch, type OperatedSchema } from '../operated-schema'
import type { Check } from './check'

interface ServerRow {
  readonly version: string
  readonly number: number
  readonly embedded: boolean
  readonly replica: boolean
  readonly commits: string
  readonly fsync: string
  readonly isolation: string
  readonly readOnly: boolean
}

// PGlite is compiled to WebAssembly, and says so.
const serverSettings = `
select current_setting('server_version') as version,
       current_setting('server_version_num')::integer as number,
       version() ~* 'emscripten|wasm' as embedded,
       pg_is_in_recovery() as replica,
       current_setting('synchronous_commit') as commits,
       current_setting('fsync') as fsync,
       current_setting('default_transaction_isolation') as isolation,
       current_setting('transaction_read_only') = 'on' as "readOnly"`

/** The oldest major version of PostgreSQL that still gets fixes. */
const OLDEST = 14

const serverFinding = ({ version, number, replica, readOnly }: ServerRow): Finding => {
  const found = `PostgreSQL ${version}`
  if (replica) return problem('server', `${found}: a replica`, 'Use the address of the primary.')
  if (readOnly) {
    return problem(
      'server',
      `${found}: transactions are read-only`,
      'After a failover this is the old primary: use the address of the new one. Otherwise set default_transaction_read_only to off for this user or database.',
    )
  }
  return number >= OLDEST * 10_000
    ? ok('server', found)
    : warning('server', found, `Update it: the oldest release that still gets fixes is ${OLDEST}.`)
}

const commitsFinding = ({ commits, fsync, embedded }: ServerRow): Finding => {
  const found = `synchronous_commit is ${commits}, fsync is ${fsync}`
  return commits === 'off' || (fsync === 'off' && !embedded)
    ? warning(
        'commits',
        found,
        'A crash of the server can lose events that were confirmed, and give their positions again. Set both to on.',
      )
    : ok('commits', found)
}

interface StandbysRow {
  /** How many receive the log: of all users, also of those who see nothing else of it. */
  readonly standbys: number
  readonly names: string
  readonly commits: string
}

const followers = `
select (select count(*)::integer from pg_stat_replication) as standbys,
       current_setting('synchronous_standby_names') as names,
       current_setting('synchronous_commit') as commits`

const standbysFinding = ({ standbys, names, commits }: StandbysRow): Finding => {
  const followed = count(standbys, 'standby')
  const waits = commits === 'on' || commits.startsWith('remote_')
  if (names !== '' && waits) return ok('standbys', `commits wait for ${names}`)
  return standbys === 0
    ? ok('standbys', 'no standby follows this server')
    : warning(
        'standbys',
        `commits do not wait for ${followed}: a failover loses events that were confirmed`,
        'Set synchronous_standby_names, and synchronous_commit to on; or run npx reprise doctor --new-lineage after each failover.',
      )
}

const isolationFinding = ({ isolation }: ServerRow): Finding => {
  const found = `new transactions are ${isolation}`
  return isolation === 'read committed'
    ? ok('isolation', found)
    : problem(
        'isolation',
        found,
        "Subscribers cannot read: set default_transaction_isolation to 'read committed' for this user or database.",
      )
}

/** Limits of the server, in milliseconds. 0: none. */
interface LimitsRow {
  readonly statement: number
  readonly idle: number
  readonly transaction: number
}

const milliseconds = (setting: string): string =>
  `(extract(epoch from coalesce(nullif(current_setting('${setting}', true), ''), '0')::interval) * 1000)::double precision`

const serverLimits = `
select ${milliseconds('statement_timeout')} as statement,
       ${milliseconds('idle_in_transaction_session_timeout')} as idle,
       ${milliseconds('transaction_timeout')} as transaction`

/** Below these a limit of the server gets in the way. Milliseconds. */
const SHORTEST_STATEMENT = 5_000
const SHORTEST_TRANSACTION = 15_000

const timeoutsFinding = ({ statement, idle, transaction }: LimitsRow): Finding => {
  const short = [
    { name: 'statement_timeout', limit: statement, least: SHORTEST_STATEMENT },
    { name: 'idle_in_transaction_session_timeout', limit: idle, least: SHORTEST_TRANSACTION },
    { name: 'transaction_timeout', limit: transaction, least: SHORTEST_TRANSACTION },
  ].filter(({ limit, least }) => limit > 0 && limit < least)
  if (short.length === 0) return ok('timeouts', 'the server ends nothing early')
  const listed = short.map(({ name, limit }) => `${name} is ${duration(limit / 1000)}`)
  const least = short.map(({ name, least: time }) => `${name} to ${time / 1000} s or more`)
  return warning(
    'timeouts',
    `the server ends work early: ${listed.join(', ')}`,
    `Batches shrink until they fit, or never finish. For this user or database, set ${least.join(', ')}.`,
  )
}

// The last key of the last namespace: all bits are 1. For a reader it stands for the largest position, and holds
// nothing back.
const takenLock = `
with taken as materialized (select pg_advisory_xact_lock_shared(-1))
select (select count(*)::integer from pg_locks l
        where l.locktype = 'advisory' and l.pid = pg_backend_pid() and l.granted
          and l.classid = 4294967295 and l.objid = 4294967295 and l.objsubid = 1) as seen
from taken`

const locksFinding = (seen: number): Finding =>
  seen > 0
    ? ok('locks', 'advisory locks are shown in pg_locks')
    : problem(
        'locks',
        'an advisory lock that was just taken is not shown in pg_locks',
        'This server only looks like PostgreSQL: subscribers would lose events. Use another one.',
      )

const clockFinding = (ahead: number, uncertainty: number): Finding => {
  const found = `the server is ${duration(Math.abs(ahead))} ${ahead < 0 ? 'behind' : 'ahead of'} this machine`
  return Math.abs(ahead) > 1 + uncertainty
    ? warning('clock', found, 'Let both machines set their clocks by the network (NTP).')
    : ok('clock', found)
}

const preparedFinding = ({ usable, detail }: PreparedStatementsProbe): Finding => {
  switch (usable) {
    case 'yes':
      return ok('prepared', `prepared statements can be used: ${detail}`)
    case 'no':
      return warning(
        'prepared',
        `prepared statements cannot be used: ${detail}`,
        "Call connectPool(pool, 'unprepared'), or set max_prepared_statements in the pooler.",
      )
    case 'unknown':
      return warning(
        'prepared',
        `it is not known whether prepared statements can be used: ${detail}`,
        "Behind a pooler in transaction mode, call connectPool(pool, 'unprepared').",
      )
  }
}

/** What is looked at besides the server. */
export interface Surroundings {
  /** This machine's clock. */
  readonly now: () => number
  readonly preparedStatements: TE.TaskEither<StoreFailed, PreparedStatementsProbe> | undefined
}

/** The checks of the server, independent of its content. */
export const serverChecks = (
  { read }: OperatedSchema,
  { now, preparedStatements }: Surroundings,
): ReadonlyArray<Check> => {
  const about = (name: string, judge: (row: ServerRow) => Finding): Check => ({
    name,
    needs: 'server',
    look: pipe(
      read<ServerRow>(serverSettings),
      TE.map(([row]) =>
        row === undefined
          ? problem(name, 'the server gave no answer', 'Run the command again.')
          : judge(row),
      ),
    ),
  })
  const clock: Check = {
    name: 'clock',
    needs: 'server',
    look: pipe(
      TE.Do,
      TE.bind('before', () => TE.fromIO(now)),
      TE.bindW('rows', () =>
        read<{ readonly time: number }>(`select ${epoch('clock_timestamp()')} as time`),
      ),
      TE.map(({ before, rows }) => {
        const after = now()
        const ahead = ((rows[0]?.time ?? 0) - (before + after) / 2) / 1000
        return clockFinding(ahead, (after - before) / 2000)
      }),
    ),
  }
  const timeouts: Check = {
    name: 'timeouts',
    needs: 'server',
    look: pipe(
      read<LimitsRow>(serverLimits),
      TE.map(([row]) => timeoutsFinding(row ?? { statement: 0, idle: 0, transaction: 0 })),
    ),
  }
  const standbys: Check = {
    name: 'standbys',
    needs: 'server',
    look: pipe(
      read<StandbysRow>(followers),
      TE.map(([row]) => standbysFinding(row ?? { standbys: 0, names: '', commits: 'on' })),
    ),
  }
  const locks: Check = {
    name: 'locks',
    needs: 'server',
    look: pipe(
      read<{ readonly seen: number }>(takenLock),
      TE.map(([row]) => locksFinding(row?.seen ?? 0)),
    ),
  }
  const prepared: ReadonlyArray<Check> =
    preparedStatements === undefined
      ? []
      : [{ name: 'prepared', needs: 'server', look: TE.map(preparedFinding)(preparedStatements) }]
  return [
    about('server', serverFinding),
    about('commits', commitsFinding),
    standbys,
    about('isolation', isolationFinding),
    timeouts,
    locks,
    clock,
    ...prepared,
  ]
}
