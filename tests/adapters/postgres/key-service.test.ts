import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool } from 'pg'
import { openCategory } from 'reprise'
import { type MasterKey, masterKeyFrom, postgres, rotateMasterKey } from 'reprise/postgres'
import { customers, register } from '../../support/customers'
import { migratedDatabase, type MigratedDatabase } from '../../support/postgres'
import { left, right } from '../../support/right'

/** How a service of keys answers. */
type Behaviour = 'well' | 'not at all' | 'with an error' | 'with too little' | 'with another key'

const inner = masterKeyFrom('served', () => new Uint8Array(32).fill(7))
const former = masterKeyFrom('former', () => new Uint8Array(32).fill(3))

let behaviour: Behaviour = 'well'
const server = createServer((request, response) => {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    const body = Buffer.concat(parts)
    const answer =
      request.url === '/wrap'
        ? inner.wrap(behaviour === 'with another key' ? new Uint8Array(32).fill(9) : body)
        : inner.unwrap(body, 'served')
    void Promise.resolve(answer).then((bytes) => {
      if (behaviour === 'not at all') return
      response.statusCode = behaviour === 'with an error' ? 500 : 200
      response.end(behaviour === 'with too little' ? bytes?.slice(0, 5) : bytes)
    })
  })
})

/** A master key that is elsewhere, and is waited for no longer than this. */
const served = (timeout: number): MasterKey => {
  const ask = async (what: string, body: Uint8Array): Promise<Uint8Array> => {
    const { port } = server.address() as AddressInfo
    const signal = AbortSignal.timeout(timeout)
    const url = `http://127.0.0.1:${port}/${what}`
    const response = await fetch(url, { method: 'POST', body: Buffer.from(body), signal })
    return response.ok
      ? new Uint8Array(await response.arrayBuffer())
      : Promise.reject(new Error(`the service answered ${response.status}`))
  }
  return {
    id: 'served',
    wrap: (key) => ask('wrap', key),
    unwrap: (wrapped, id) =>
      id === 'served' ? ask('unwrap', wrapped) : former.unwrap(wrapped, id),
  }
}

let database: MigratedDatabase<unknown>
let pool: Pool
beforeAll(async () => {
  database = await migratedDatabase()
  pool = new Pool({ connectionString: database.url, max: 4 })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await pool.end()
  await database.close()
})

const opened = (masterKey: MasterKey) => postgres(pool, { personalData: { masterKey } })
const count = async (what: string): Promise<number> =>
  (await pool.query<{ count: number }>(`select count(*)::integer as count from reprise.${what}`))
    .rows[0]?.count ?? -1

const bad: ReadonlyArray<readonly [Behaviour, string]> = [
  ['not at all', 'MasterKeyUnavailable'],
  ['with an error', 'MasterKeyUnavailable'],
  ['with too little', 'MasterKeyWrong'],
  ['with another key', 'MasterKeyWrong'],
]

describe('a master key of a service over HTTP', () => {
  let ids = 0

  it.each(bad)(
    'that answers %s stores neither key nor event, and the command can be sent again',
    async (how, reason) => {
      const id = `s${ids++}`
      const command = register(`c-${id}`, 'ada@planted.example', 'Ada')
      const backend = opened(served(how === 'not at all' ? 50 : 20_000))
      const desk = openCategory(customers, backend)
      const before = [await count('events'), await count('subject_keys')]
      behaviour = how
      const refused = await left(desk.handleCommand(id, command))
      behaviour = 'well'
      expect(refused).toMatchObject({ _tag: 'StoreFailed', reason, outcome: 'nothingWritten' })
      expect([await count('events'), await count('subject_keys')]).toEqual(before)
      await backend.close()
      const well = opened(served(20_000))
      await right(openCategory(customers, well).handleCommand(id, command))
      await well.close()
    },
    60_000,
  )

  it.each(bad)(
    'that answers %s to a rotation loses no key, and the rotation can be run again',
    async (how, reason) => {
      const id = `r${ids++}`
      const backend = opened(former)
      const command = register(`c-${id}`, 'ada@planted.example', 'Ada')
      await right(openCategory(customers, backend).handleCommand(id, command))
      behaviour = how
      const timeout = how === 'not at all' ? 50 : 20_000
      const refused = await left(rotateMasterKey(backend, served(timeout)))
      behaviour = 'well'
      expect(refused).toMatchObject({ _tag: 'StoreFailed', reason })
      expect(await count(`subject_keys where subject = 'c-${id}' and master_key = 'former'`)).toBe(
        1,
      )
      await right(rotateMasterKey(backend, served(20_000)))
      await backend.close()
      const after = opened(served(20_000))
      const { state } = await right(openCategory(customers, after).load(id))
      expect(state.email).toBe('ada@planted.example')
      await after.close()
    },
    60_000,
  )
})
