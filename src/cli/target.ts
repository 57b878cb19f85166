import * as E from 'fp-ts/Either'
import { type CliFailure, usage } from './failure'

/** The database to open. */
export type Target =
  | { readonly kind: 'server'; readonly url: string; readonly place: string }
  | { readonly kind: 'embedded'; readonly folder: string; readonly place: string }

const EMBEDDED = 'pglite:'
const SERVER = /^(postgres|postgresql):$/

/** `host:port/database as user`: the address without its secrets. */
const placeOf = ({ hostname, port, pathname, username, searchParams }: URL): string => {
  const host = searchParams.get('host') ?? (hostname === '' ? 'localhost' : hostname)
  const server = host.startsWith('/') ? host : `${host}:${port === '' ? '5432' : port}`
  const user = username === '' ? '' : ` as ${decodeURIComponent(username)}`
  return `${server}${decodeURIComponent(pathname)}${user}`
}

const serverAt = (url: string): E.Either<CliFailure, Target> => {
  try {
    const parsed = new URL(url)
    if (SERVER.test(parsed.protocol)) {
      return E.right({ kind: 'server', url, place: placeOf(parsed) })
    }
    return E.left(
      usage(
        `The address of the database must begin with postgres:// or pglite:, not with ${parsed.protocol}`,
      ),
    )
  } catch {
    return E.left(
      usage(
        'The address of the database is not valid: postgres://user:password@host:5432/database, special characters percent-encoded (@ is %40, # is %23, % is %25).',
      ),
    )
  }
}

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
