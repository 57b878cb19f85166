import * as E from 'fp-ts/Either'
import { Client, Pool } from 'pg'
import {
  type NotOpened,
  notOpened,
  type OpenedDatabase,
  openedDatabase,
  type OpenSettings,
} from './opened-database'
import { connectPool } from './pool'
import { probePreparedStatements } from './prepared-statements-probe'
import { severalHosts } from './several-hosts'

const poolAt = (url: string): Pool =>
  new Pool({
    ...severalHosts(Client, url),
    max: 3,
    fallback_application_name: 'reprise',
  })

/**
 * A PostgreSQL server, or a pooler before it: so nothing is prepared. No connection is made before it is
 * needed.
 *
 * Fails with `NotOpened`: the address is not valid.
 */
export const openServer = (
  url: string,
  settings: OpenSettings,
): E.Either<NotOpened, OpenedDatabase> => {
  try {
    const pool = poolAt(url)
    return E.right(
      openedDatabase(
        connectPool<unknown>(pool, 'unprepared'),
        settings,
        probePreparedStatements(pool),
      ),
    )
  } catch (error) {
    return E.left(notOpened(`The address of the database is not valid: ${String(error)}`))
  }
}
