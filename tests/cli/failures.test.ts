import * as E from 'fp-ts/Either'
import { connectWith } from '../../src/cli/connect'
import { openServer } from '../../src/adapters/postgres/connection/open-server'
import { cli } from '../support/cli'
import { createDatabase, type TestDatabase } from '../support/database'

let database: TestDatabase
beforeAll(async () => {
  database = await createDatabase()
})
afterAll(() => database.drop())

const readers = [['streams'], ['show', 'account-1'], ['migrate'], ['migrate', '--dry-run']]

const changed = (change: (url: URL) => void): string => {
  const url = new URL(database.url)
  change(url)
  return url.href
}

const oneLine = /^reprise: [^\n]+\n$/

describe.each(readers)('reprise %s', (...args) => {
  it('says in one line that the server is not there', async () => {
    const url = changed((address) => {
      address.port = '1'
    })
    const { exitCode, error, out } = await cli([...args, '--url', url])
    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' })
    expect(error).toMatch(oneLine)
    expect(error).toMatch(/No connection to 127.0.0.1:1\/.* as postgres: .*Is it running/)
  })

  it('says in one line that the password is wrong', async () => {
    const url = changed((address) => {
      address.password = 'wrong'
    })
    const { exitCode, error } = await cli([...args, '--url', url])
    expect(exitCode).toBe(1)
    expect(error).toMatch(oneLine)
    expect(error).toMatch(
      /rejected the login: password authentication failed .* Check user, password/,
    )
  })

  it('says in one line that the database does not exist', async () => {
    const url = changed((address) => {
      address.pathname = '/nowhere'
    })
    const { exitCode, error } = await cli([...args, '--url', url])
    expect(exitCode).toBe(1)
    expect(error).toMatch(/database "nowhere" does not exist/)
  })
})

describe.each(readers.slice(0, 2))('reprise %s', (...args) => {
  it('names the command that makes the tables when they are missing', async () => {
    const { exitCode, error } = await cli([...args, '--url', database.url])
    expect(exitCode).toBe(1)
    expect(error).toMatch(oneLine)
    expect(error).toContain('npx reprise migrate')
  })

  it('prints it as JSON with --json', async () => {
    const { error } = await cli([...args, '--json', '--url', database.url])
    expect(JSON.parse(error)).toEqual({
      error: {
        _tag: 'StoreFailed',
        reason: 'NotMigrated',
        message: expect.stringContaining('npx reprise migrate'),
      },
    })
  })
})

describe('reprise doctor', () => {
  it('shows an unreachable server as a problem', async () => {
    const { exitCode, out } = await cli(['doctor', '--url', 'postgres://u@127.0.0.1:1/x'])
    expect(exitCode).toBe(1)
    expect(out).toMatch(/^problem +server +No connection to 127.0.0.1:1\/x as u/)
  })
})

describe('reprise without its drivers', () => {
  it.each([
    ['postgres://h/x', /npm install pg kysely/],
    ['pglite:./x', /npm install @electric-sql\/pglite kysely/],
  ])('says what to install for %s', async (url, message) => {
    const missing = () =>
      Promise.reject(Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' }))
    const connect = connectWith({ server: missing, embedded: missing })
    const { exitCode, error } = await cli(['streams', '--url', url], { connect })
    expect(exitCode).toBe(1)
    expect(error).toMatch(message)
  })
})

describe('reprise with DATABASE_URL', () => {
  it('uses it, unless --url names another database', async () => {
    const environment = { DATABASE_URL: database.url }
    expect((await cli(['migrate'], { environment })).exitCode).toBe(0)
    expect((await cli(['streams'], { environment })).exitCode).toBe(0)
    const elsewhere = await cli(['streams', '--url', 'postgres://127.0.0.1:1/x'], { environment })
    expect(elsewhere.error).toContain('127.0.0.1:1/x')
  })

  it('closes what it has opened', async () => {
    let closed = 0
    const connect = connectWith({
      server: async () => {
        return {
          openServer: (...args) => {
            const session = openServer(args[0], args[1])
            if (E.isLeft(session)) return session
            const close = async () => {
              closed += 1
              await session.right.close()
            }
            return E.right({ ...session.right, close })
          },
        }
      },
      embedded: () => Promise.reject(new Error('not wanted')),
    })
    await cli(['streams', '--url', database.url], { connect })
    await cli(['streams', '--url', database.url, '--schema', 'absent'], { connect })
    expect(closed).toBe(2)
  })
})
