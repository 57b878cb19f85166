import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { duration } from '../output/text'
import type { Session } from '../session'
import { type Check, type Finding, ok, problem, warning } from './check'

interface ServerRow {
  readonly version: string
  readonly number: number
  readonly replica: boolean
  readonly commits: string
  readonly fsync: string
  readonly isolation: string
  readonly role: string
}

const read = `
select current_setting('server_version') as version,
       current_setting('server_version_num')::integer as number,
       pg_is_in_recovery() as replica,
       current_setting('synchronous_commit') as commits,
       current_setting('fsync') as fsync,
       current_setting('default_transaction_isolation') as isolation,
       current_setting('session_replication_role') as role`

const about = (name: string, judge: (row: ServerRow, session: Session) => Finding): Check => ({
  name,
  needs: 'server',
  examine: (session) =>
    pipe(
      session.query<ServerRow>(read),
      TE.map(([row]) =>
        row === undefined
          ? problem('the server gave no answer', 'Run the command again.')
          : judge(row, session),
      ),
    ),
})

/** Major versions that their makers still look after. */
const OLDEST = 14

const server = about('server', ({ version, number, replica }, { place }) => {
  const found = `PostgreSQL ${version} at ${place}`
  if (replica) return problem(`${found}: a replica`, 'Use the address of the primary.')
  return number >= OLDEST * 10_000
    ? ok(found)
    : warning(found, `Update it: PostgreSQL ${OLDEST} is the oldest that is still looked after.`)
})

const commits = about('commits', ({ commits: setting, fsync }, { kind }) => {
  const found = `synchronous_commit is ${setting}, fsync is ${fsync}`
  return setting === 'off' || (fsync === 'off' && kind === 'server')
    ? warning(
        found,
        'A crash of the server can lose events that were confirmed, and give their positions again. Set both to on.',
      )
    : ok(found)
})

const isolation = about('isolation', ({ isolation: setting }) =>
  setting === 'read committed'
    ? ok(`new transactions are ${setting}`)
    : problem(
        `new transactions are ${setting}`,
        "Subscribers cannot read: set default_transaction_isolation to 'read committed' for this user or database.",
      ),
)

const clock: Check = {
  name: 'clock',
  needs: 'server',
  examine: (session, now) =>
    pipe(
      TE.Do,
      TE.bind('before', () => TE.right(now())),
      TE.bindW('rows', () =>
        session.query<{ readonly time: number }>(
          'select (extract(epoch from clock_timestamp()) * 1000)::double precision as time',
        ),
      ),
      TE.map(({ before, rows }) => {
        const after = now()
        const ahead = ((rows[0]?.time ?? 0) - (before + after) / 2) / 1000
        const text = `the server is ${duration(Math.abs(ahead))} ${ahead < 0 ? 'behind' : 'ahead of'} this machine`
        return Math.abs(ahead) > 1 + (after - before) / 2000
          ? warning(text, 'Let both machines set their clocks by the network (NTP).')
          : ok(text)
      }),
    ),
}

const preparing: Check = {
  name: 'prepared',
  needs: 'server',
  examine: (session) =>
    pipe(
      session.probePreparing,
      TE.map(({ usable, detail }) => {
        if (usable === 'yes') return ok(`prepared statements can be used: ${detail}`)
        return usable === 'no'
          ? warning(
              `prepared statements cannot be used: ${detail}`,
              "Call connectPool(pool, 'unprepared'), or set max_prepared_statements in the pooler.",
            )
          : warning(
              `it is not known whether prepared statements can be used: ${detail}`,
              "Behind a pooler in transaction mode, call connectPool(pool, 'unprepared').",
            )
      }),
    ),
}

export const serverChecks: ReadonlyArray<Check> = [server, commits, isolation, clock, preparing]
