import * as E from 'fp-ts/Either'

const ATTRIBUTES = [
  'any',
  'read-write',
  'read-only',
  'primary',
  'standby',
  'prefer-standby',
] as const

/** Which sessions are wanted: `target_session_attrs` of a connection string, with the words of libpq. */
export type SessionAttributes = (typeof ATTRIBUTES)[number]

/** A server of a connection string, and the connection string that names no other one. */
export interface Host {
  readonly host: string
  readonly port: number
  readonly url: string
}

/** What a connection string says about the servers. */
export interface ConnectionString {
  /** At least one. */
  readonly hosts: ReadonlyArray<Host>
  readonly session: SessionAttributes
  /** How long an attempt to connect may take: `connect_timeout`, in milliseconds. */
  readonly timeout?: number
  /** `host:port/database as user`: what may be shown of it. */
  readonly place: string
}

const DEFAULT_PORT = 5432

const invalid =
  'The address of the database is not valid: postgres://user:password@host:5432/database (or several: host1:5432,host2:5432), special characters percent-encoded (@ is %40, # is %23, % is %25).'

/** Scheme, user and password with their @, hosts, and the rest. The last @ before the path ends the password. */
const PARTS = /^([a-z]+:\/\/)((?:[^/?#]*@)?)([^/?#@]*)(.*)$/is

/** A socket's folder has no port. */
const shown = ({ host, port }: Host): string => (host.startsWith('/') ? host : `${host}:${port}`)

const parsed = (text: string): URL | undefined => {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}

/** As it is where a % begins nothing. */
const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const withoutBrackets = (host: string): string => host.replace(/^\[(.+)\]$/, '$1')

/** One for each name of the list, which may be empty: then the server is on this machine. */
const hostsOf = (text: string): ReadonlyArray<Host> | undefined => {
  const [, scheme = '', user = '', list = '', rest = ''] = PARTS.exec(text) ?? []
  const hosts = list.split(',').map((name): Host | undefined => {
    // With a user, an address must have a host.
    const one = `${scheme}${user}${name === '' && user !== '' ? 'localhost' : name}${rest}`
    const url = parsed(one)
    const asked = url?.searchParams
    if (url === undefined) return undefined
    const host = asked?.get('host') ?? decoded(withoutBrackets(url.hostname))
    const port = asked?.get('port') ?? url.port
    return { host: host || 'localhost', port: Number(port || DEFAULT_PORT), url: one }
  })
  const valid = hosts.filter((host) => host !== undefined)
  return valid.length === hosts.length ? valid : undefined
}

/** The same for `?host=first,second&port=5432,5433`. One port stands for all. */
const hostsInQuery = (url: URL): ReadonlyArray<Host> => {
  const names = url.searchParams.get('host')?.split(',') ?? []
  const ports = url.searchParams.get('port')?.split(',') ?? []
  return names.map((host, index) => {
    const port = ports[index] ?? ports[0] ?? ''
    const one = new URL(url)
    one.searchParams.set('host', host)
    one.searchParams.set('port', port || String(DEFAULT_PORT))
    return { host, port: Number(port || DEFAULT_PORT), url: one.href }
  })
}

const isAttribute = (word: string): word is SessionAttributes =>
  ATTRIBUTES.some((attribute) => attribute === word)

/**
 * Reads a connection string, with one host or several of them, as libpq does; never throws. A failure says what is
 * wrong, without the string: there is a password in it.
 */
export const parseConnectionString = (text: string): E.Either<string, ConnectionString> => {
  const hosts = hostsOf(text)
  const [first] = hosts ?? []
  const url = first === undefined ? undefined : parsed(first.url)
  if (hosts === undefined || url === undefined) return E.left(invalid)
  if (!/^postgres(ql)?:$/.test(url.protocol)) {
    return E.left(
      `The address of the database must begin with postgres:// or pglite:, not with ${url.protocol}`,
    )
  }
  const session = url.searchParams.get('target_session_attrs') ?? 'any'
  if (!isAttribute(session)) {
    return E.left(`target_session_attrs must be one of ${ATTRIBUTES.join(', ')}; got ${session}`)
  }
  const several = url.searchParams.get('host')?.includes(',') ? hostsInQuery(url) : hosts
  const seconds = Number(url.searchParams.get('connect_timeout') ?? 0)
  const user = url.username === '' ? '' : ` as ${decoded(url.username)}`
  return E.right({
    hosts: several,
    session,
    ...(seconds > 0 ? { timeout: seconds * 1000 } : {}),
    place: `${several.map(shown).join(',')}${decoded(url.pathname)}${user}`,
  })
}
