import * as E from 'fp-ts/Either'
import type { Client, ClientConfig, PoolConfig } from 'pg'
import { type Host, parseConnectionString, type SessionAttributes } from './connection-string'
import { withDeadline } from './deadline'
import { MISUSE, NOT_CONNECTED, ownError } from './errors'
import { pauseFor } from './notifications'

const DEFAULT_TIMEOUT = 10_000

/** A host that has not answered for so long, in milliseconds, does not hold up the next one. */
const SLOW = 1_000

/** What `pg` makes connections with. */
export type ClientConstructor = typeof Client

interface SessionRow {
  readonly standby: string
  readonly reads: string
}

// As texts: the application may parse booleans in its own way.
const SESSION = `select pg_catalog.pg_is_in_recovery()::text as standby,
                        current_setting('transaction_read_only') as reads`

/** Why a session is not one of those wanted. */
const problemOf = (wanted: SessionAttributes, row: SessionRow | undefined): string | undefined => {
  const standby = row?.standby === 'true'
  const readOnly = row?.reads === 'on'
  switch (wanted) {
    case 'any':
      return undefined
    case 'read-write':
      return readOnly ? (standby ? 'a standby' : 'read-only') : undefined
    case 'read-only':
      return readOnly ? undefined : 'not read-only'
    case 'primary':
      return standby ? 'a standby' : undefined
    case 'standby':
    case 'prefer-standby':
      return standby ? undefined : 'not a standby'
  }
}

const ignoreError = (): void => undefined

/** The options of a pool with others in them; the pool hides its password from enumeration. */
const optionsWith = (options: ClientConfig, others: ClientConfig): ClientConfig =>
  Object.assign(Object.defineProperties({}, Object.getOwnPropertyDescriptors(options)), others)

/** Asks one host. Rejects when it is not as wanted. */
const askHost = async (
  make: ClientConstructor,
  options: ClientConfig,
  host: Host,
  wanted: SessionAttributes,
): Promise<Host> => {
  const timeout = options.connectionTimeoutMillis ?? DEFAULT_TIMEOUT
  const bounds = { connectionTimeoutMillis: timeout, query_timeout: timeout }
  const client = new make(optionsWith(options, { ...bounds, connectionString: host.url }))
  client.on('error', ignoreError)
  try {
    await client.connect()
    const { rows } = await client.query<SessionRow>(SESSION)
    const problem = problemOf(wanted, rows[0])
    return problem === undefined ? host : await Promise.reject(ownError(NOT_CONNECTED, problem))
  } finally {
    client.end().catch(ignoreError)
  }
}

const fieldOf = (error: unknown, name: 'code' | 'message'): string =>
  typeof error === 'object' && error !== null ? String(Reflect.get(error, name) ?? '') : ''

/** The server is there, and refuses the user or the database: that is what to say. */
const isDenial = (error: unknown): error is Error => /^(28|3D)...$/.test(fieldOf(error, 'code'))

/**
 * The first host that is as wanted. The next one is asked when one has refused, or has not answered for a while: one
 * round. Rejects with what each of them said.
 */
const firstAccepted = (
  hosts: ReadonlyArray<Host>,
  ask: (host: Host) => Promise<Host>,
): Promise<Host> => {
  const refusals = new Map<Host, unknown>()
  const askOne = async (host: Host): Promise<Host | undefined> => {
    try {
      return await ask(host)
    } catch (error) {
      refusals.set(host, error)
      return undefined
    }
  }
  const refused = (): Error => {
    const denial = [...refusals.values()].find(isDenial)
    if (denial !== undefined) return denial
    const said = hosts.map((host) => {
      const error = refusals.get(host)
      return `${host.host}:${host.port} (${fieldOf(error, 'message') || fieldOf(error, 'code')})`
    })
    return ownError(NOT_CONNECTED, `none of the servers can be used: ${said.join(', ')}`)
  }
  const askFrom = async (index: number): Promise<Host | undefined> => {
    const host = hosts[index]
    if (host === undefined) return undefined
    const asked = askOne(host)
    const early = await Promise.race([asked, pauseFor(SLOW)])
    if (early !== undefined) return early
    const others = askFrom(index + 1)
    const either = await Promise.race([asked, others])
    return either ?? (await asked) ?? (await others)
  }
  return askFrom(0).then((host) => host ?? Promise.reject(refused()))
}

/** Finds a host for each connection. Connections that are wanted at the same time ask once. */
const hostFinder = (hosts: ReadonlyArray<Host>, session: SessionAttributes) => {
  let last: Host | undefined
  let finding: Promise<Host> | undefined
  const find = async (make: ClientConstructor, options: ClientConfig): Promise<Host> => {
    const order = [...hosts].sort((one, other) => Number(other === last) - Number(one === last))
    const as = (wanted: SessionAttributes) =>
      firstAccepted(order, (host) => askHost(make, options, host, wanted))
    last = await (session === 'prefer-standby' ? as('standby').catch(() => as('any')) : as(session))
    return last
  }
  return (make: ClientConstructor, options: ClientConfig): Promise<Host> => {
    finding ??= find(make, options).finally(() => {
      finding = undefined
    })
    return finding
  }
}

/** What a driver's client has, and its types have not. */
interface Internals {
  readonly connectionParameters: object
  readonly connection: { readonly stream: { readonly destroyed: boolean } }
}

type OnConnected = (error: Error | null, client?: Client) => void

/** The same client, that finds its host when it connects. */
const finding = (client: Client, find: () => Promise<Host>, timeout: number): Client => {
  const internals: Partial<Internals> = client // not those of the native client
  const connectOnce = client.connect.bind(client)
  const tooLate = () => ownError(NOT_CONNECTED, `no server was found within ${timeout} ms`)
  const found = async (): Promise<void> => {
    const { host, port } = await withDeadline(find(), timeout, tooLate)
    // The pool gives up in its own time.
    if (internals.connection?.stream.destroyed === true) return Promise.reject(tooLate())
    Object.assign(client, { host, port })
    Object.assign(internals.connectionParameters ?? {}, { host, port })
  }
  return Object.assign(client, {
    // The pool begins to listen for errors in its callback: that must not come a moment late.
    connect: (callback?: OnConnected) =>
      callback === undefined
        ? found().then(() => connectOnce())
        : void found().then(() => connectOnce(callback), callback),
  })
}

/** Clients that are made like those of `make`, and then changed. */
const changed = (
  make: ClientConstructor,
  change: (client: Client, options: ClientConfig) => Client,
): ClientConstructor =>
  new Proxy(make, {
    construct: (_, [options]: [ClientConfig]) => change(new make(options), options),
  })

/**
 * Options of a `pg.Pool` for a connection string that names several hosts, or says which sessions it wants
 * (`target_session_attrs`), neither of which `pg` knows: `any`, `read-write`, `primary`, `read-only`, `standby`,
 * `prefer-standby`. Every new connection of the pool goes to the first host whose session is as wanted, beginning with
 * the last one that was: after a failover, to the new primary. An attempt asks every host once, and ends after
 * `connect_timeout` of the connection string (seconds), or 10 seconds; `connectionTimeoutMillis` beside it wins. When
 * no host will do, it fails, and says what each of them answered.
 *
 * A connection string that is not valid fails every connection, with a message that says why.
 *
 * @param make - `Client` of `pg`.
 *
 * @example
 * const url = 'postgres://app:secret@db1:5432,db2:5432/shop?target_session_attrs=read-write'
 * const pool = new Pool({ ...severalHosts(Client, url), max: 20 })
 */
export const severalHosts = (make: ClientConstructor, connectionString: string): PoolConfig => {
  const read = parseConnectionString(connectionString)
  if (E.isLeft(read)) {
    const misuse = () => Promise.reject(ownError(MISUSE, read.left))
    return {
      connectionTimeoutMillis: DEFAULT_TIMEOUT,
      Client: changed(make, (client) => finding(client, misuse, DEFAULT_TIMEOUT)),
    }
  }
  const { hosts, session, timeout: connectionTimeoutMillis = DEFAULT_TIMEOUT } = read.right
  const [first] = hosts
  const options = { connectionTimeoutMillis, connectionString: first?.url ?? connectionString }
  if (hosts.length === 1 && session === 'any') return options
  const find = hostFinder(hosts, session)
  return {
    ...options,
    Client: changed(make, (client, given) => {
      const timeout = given.connectionTimeoutMillis || DEFAULT_TIMEOUT
      return finding(client, () => find(make, given), timeout)
    }),
  }
}
