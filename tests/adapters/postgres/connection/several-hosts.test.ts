import * as E from 'fp-ts/Either'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { Client, Pool, type PoolConfig } from 'pg'
import { postgres, severalHosts } from 'reprise/postgres'
import { parseConnectionString } from '../../../../src/adapters/postgres/connection/connection-string'
import { openServer } from '../../../../src/adapters/postgres/connection/open-server'
import { eventually } from '../../../support/eventually'
import { right, left, rightOf } from '../../../support/right'
import { type ReplicatedServer, startReplicated } from '../../../support/servers'
import { appending } from '../../../support/tally'

let servers: ReplicatedServer
/** It takes connections, and never answers. */
let silent: Server
const held: Socket[] = []
const pools: Pool[] = []

const portOf = (url: string): string => new URL(url).port
/** A connection string with a secret password that is right for all of them. */
const across = (ports: ReadonlyArray<string>, attributes = 'read-write', rest = ''): string =>
  `postgres://postgres:reprise@${ports.map((port) => `127.0.0.1:${port}`).join(',')}/postgres?target_session_attrs=${attributes}${rest}`

const poolOn = (connectionString: string, options: PoolConfig = {}): Pool => {
  const pool = new Pool({ ...severalHosts(Client, connectionString), max: 4, ...options })
  pool.on('error', () => undefined)
  pools.push(pool)
  return pool
}

/** The port of the server that a pool reaches. */
const reached = async (pool: Pool): Promise<string> => {
  const { rows } = await pool.query<{ port: string }>(`select current_setting('port') as port`)
  return rows[0]?.port ?? ''
}

beforeAll(async () => {
  servers = await startReplicated()
  silent = createServer((socket) => held.push(socket)).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  await right(postgres(poolOn(servers.primary.url)).migrate)
  await servers.caughtUp()
}, 60_000)
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.end()))
  for (const socket of held) socket.destroy()
  silent.close()
  await servers.stop()
})

const CLOSED = '1'
const silentPort = () => String((silent.address() as AddressInfo).port)
const ports = () => ({
  primary: portOf(servers.primary.url),
  replica: portOf(servers.replica.url),
})

describe('a pool for several hosts', () => {
  it('reaches the primary when the first host is down', async () => {
    const { primary } = ports()
    expect(await reached(poolOn(across([CLOSED, primary])))).toBe(primary)
  })

  it('reaches the primary when the first host is a standby', async () => {
    const { primary, replica } = ports()
    expect(await reached(poolOn(across([replica, primary])))).toBe(primary)
  })

  it('reaches the primary when the first host takes connections and never answers', async () => {
    const { primary } = ports()
    expect(await reached(poolOn(across([silentPort(), primary])))).toBe(primary)
  })

  it.each([
    ['any', 'replica'],
    ['standby', 'replica'],
    ['prefer-standby', 'replica'],
    ['read-only', 'replica'],
    ['primary', 'primary'],
  ] as const)('reaches, with target_session_attrs=%s, the %s', async (attributes, expected) => {
    const { primary, replica } = ports()
    expect(await reached(poolOn(across([replica, primary], attributes)))).toBe(ports()[expected])
  })

  it('prefers a standby, and takes the primary when there is none', async () => {
    const { primary } = ports()
    expect(await reached(poolOn(across([CLOSED, primary], 'prefer-standby')))).toBe(primary)
  })

  it('fails when no host will do, with what each of them said and without the password', async () => {
    const { replica } = ports()
    const { store } = postgres(poolOn(across([CLOSED, replica])))
    const failure = await left(store.append(appending('counter-1')))
    expect(failure).toMatchObject({
      _tag: 'StoreFailed',
      reason: 'Unavailable',
      outcome: 'nothingWritten',
    })
    const message = `${failure.message} ${String('cause' in failure ? failure.cause : '')}`
    expect(message).toContain(`127.0.0.1:${CLOSED} (connect ECONNREFUSED`)
    expect(message).toContain(`127.0.0.1:${replica} (a standby)`)
    expect(message).not.toContain('reprise@')
  })

  it('says that the password is wrong, and not that no server is there', async () => {
    const { primary } = ports()
    const wrong = across([CLOSED, primary]).replace(':reprise@', ':secret-1@')
    const failure = await left(postgres(poolOn(wrong)).store.append(appending('counter-1')))
    expect(failure).toMatchObject({ reason: 'AccessDenied' })
    expect(JSON.stringify(failure)).not.toContain('secret-1')
  })

  it('ends an attempt in time when no host answers', async () => {
    const hosts = across([silentPort(), silentPort()], 'read-write', '&connect_timeout=1')
    const { store } = postgres(poolOn(hosts))
    const began = Date.now()
    expect(await left(store.append(appending('counter-1')))).toMatchObject({
      reason: 'Unavailable',
    })
    expect(Date.now() - began).toBeLessThan(5_000)
  })

  it('answers every call with what is wrong with the connection string, without the password', async () => {
    const { store } = postgres(poolOn(across(['5432'], 'read-wirte')))
    const failure = await left(store.append(appending('counter-1')))
    expect(failure).toMatchObject({ reason: 'Unavailable' })
    expect(JSON.stringify(failure)).toContain('target_session_attrs must be one of')
    expect(JSON.stringify(failure)).not.toContain('reprise@')
  })

  it('survives a server that ends a connection in the moment in which it is made', async () => {
    // Between the pool and the primary: the second connection, after the one that asks, ends in the packet that
    // says that it is ready.
    const fields = Buffer.from('SFATAL\0C57P01\0Mended\0\0')
    const fatal = Buffer.concat([Buffer.from('E'), Buffer.alloc(4), fields])
    fatal.writeInt32BE(fields.length + 4, 1)
    const ready = Buffer.from('Z\0\0\0\x05I')
    let connections = 0
    const proxy = createServer((socket) => {
      const isAsking = (connections += 1) !== 2
      const upstream = connect(Number(ports().primary), '127.0.0.1')
      socket.pipe(upstream)
      upstream.on('data', (data) => {
        const isReady = data.includes(ready)
        socket.write(isReady && !isAsking ? Buffer.concat([data, fatal]) : data)
        if (isReady && !isAsking) socket.end()
      })
      for (const one of [socket, upstream]) one.on('error', () => undefined)
      socket.on('close', () => upstream.destroy())
      upstream.on('close', () => socket.destroy())
    }).listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    const port = String((proxy.address() as AddressInfo).port)
    const { store } = postgres(poolOn(across([port])))
    expect(await left(store.append(appending('counter-ended')))).toMatchObject({
      reason: 'ConnectionLost',
    })
    await right(store.append(appending('counter-ended')))
    await Promise.all(pools.splice(-1).map((pool) => pool.end()))
    proxy.close()
  })

  it('is what the command line opens', async () => {
    const { primary, replica } = ports()
    const settings = { schema: 'reprise', now: Date.now }
    const database = rightOf(openServer(across([CLOSED, replica, primary]), settings))
    await right(database.store.append(appending('counter-cli')))
    await database.close()
  })

  it('follows the primary to another host after a failover, with every connection', async () => {
    const { primary, replica } = ports()
    const pool = poolOn(across([primary, replica]))
    const { store, close } = postgres(pool)
    await right(store.append(appending('counter-2')))
    await servers.caughtUp()
    await servers.primary.kill()
    // A process of the server may outlive it for a moment.
    await eventually(async () => E.isLeft(await store.append(appending('counter-2'))()))
    await servers.promote()
    await right(store.append(appending('counter-2')))
    expect(await reached(pool)).toBe(replica)
    await close()
  })
})

describe('a connection string', () => {
  it.each([
    ['postgres://app:p%40ss@db1:5432,db2:5433/shop', ['db1:5432', 'db2:5433'], 'any'],
    [
      'postgresql://db1,[::1]:6000/shop?target_session_attrs=primary',
      ['db1:5432', '::1:6000'],
      'primary',
    ],
    ['postgres://app@/shop?host=db1,db2&port=5433', ['db1:5433', 'db2:5433'], 'any'],
    ['postgres:///shop', ['localhost:5432'], 'any'],
    ['postgres://app:p@ss@db1/shop', ['db1:5432'], 'any'],
  ])('is read: %s', (text, hosts, session) => {
    const read = rightOf(parseConnectionString(text))
    expect(read.hosts.map(({ host, port }) => `${host}:${port}`)).toEqual(hosts)
    expect(read.session).toBe(session)
    expect(read.place).not.toContain('p@ss')
  })

  it('gives each host a connection string of its own, with the password', () => {
    const { hosts } = rightOf(parseConnectionString('postgres://app:p%40ss@db1:1,db2:2/shop?ssl=0'))
    expect(hosts.map(({ url }) => url)).toEqual([
      'postgres://app:p%40ss@db1:1/shop?ssl=0',
      'postgres://app:p%40ss@db2:2/shop?ssl=0',
    ])
  })
})
