import * as TE from 'fp-ts/TaskEither'
import { Pool } from 'pg'
import { connectPool } from '../../adapters/postgres/connection/pool'
import { postgresWakeUps } from '../../adapters/postgres/subscriptions/wake-ups'
import { type CliFailure, usage } from '../failure'
import type { Session } from '../session'
import type { Target } from '../target'
import { probePreparing } from './preparing'
import { sessionOn } from './session-on'

const poolAt = (url: string): Pool =>
  new Pool({
    connectionString: url,
    max: 3,
    connectionTimeoutMillis: 10_000,
    fallback_application_name: 'reprise',
  })

/** A PostgreSQL server, or a pooler before it: so nothing is prepared. */
export const openServer = (
  { url, place }: Extract<Target, { readonly kind: 'server' }>,
  schema: string,
): TE.TaskEither<CliFailure, Session> => {
  try {
    const pool = poolAt(url)
    return TE.right(
      sessionOn(connectPool<unknown>(pool, 'unprepared'), {
        place,
        schema,
        kind: 'server',
        probePreparing: probePreparing(pool),
        wakeUps: postgresWakeUps(pool, schema),
      }),
    )
  } catch (error) {
    return TE.left(usage(`The address of the database is not valid: ${String(error)}`))
  }
}
