import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { parseConnectionString } from '../adapters/postgres/connection/connection-string'
import { type CliFailure, usage } from './failure'

/** The database to open. */
export type Target =
  | { readonly kind: 'server'; readonly url: string; readonly place: string }
  | { readonly kind: 'embedded'; readonly folder: string; readonly place: string }

const EMBEDDED = 'pglite:'

const serverAt = (url: string): E.Either<CliFailure, Target> =>
  pipe(
    parseConnectionString(url),
    E.mapLeft(usage),
    E.map(({ place }): Target => ({ kind: 'server', url, place })),
  )

/** The database that `--url` names, or else `DATABASE_URL`. */
export const targetOf = (
  url: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): E.Either<CliFailure, Target> => {
  const address = url ?? environment['DATABASE_URL'] ?? ''
  if (address === '') {
    return E.left(
      usage(
        'No database: give --url postgres://user:password@host:5432/database (or pglite:./folder), or set DATABASE_URL.',
      ),
    )
  }
  if (!address.startsWith(EMBEDDED)) return serverAt(address)
  const folder = address.slice(EMBEDDED.length)
  return folder === ''
    ? E.left(usage('pglite: needs a folder: --url pglite:./folder'))
    : E.right({ kind: 'embedded', folder, place: `the PGlite folder ${folder}` })
}
