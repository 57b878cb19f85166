import { Pool } from 'pg'
import { openCategory } from 'reprise'
import { masterKeyFrom, postgres } from 'reprise/postgres'
import type { AnyCategory } from '../../src/studio/states'
import { customers, register } from '../support/customers'
import { postgresReadSide, type PostgresReadSide } from '../support/postgres-read-side'
import { right } from '../support/right'
import { studioOn } from './fixture'

// The application has the keys; the studio has not.
describe('personal data that is declared, in the studio', () => {
  let side: PostgresReadSide
  let studio: ReturnType<typeof studioOn>
  beforeAll(async () => {
    side = await postgresReadSide()
    const masterKey = masterKeyFrom('one', () => new Uint8Array(32).fill(1))
    const pool = new Pool({ connectionString: side.url, max: 2 })
    const application = postgres(pool, { personalData: { masterKey } })
    const desk = openCategory(customers, application)
    await right(desk.handleCommand('7', register('c-7', 'ada@example.org', 'Ada')))
    await right(
      desk.handleCommand('7', { type: 'Greet', customerId: 'c-7', email: 'a@example.org' }),
    )
    await application.close()
    await pool.end()
    studio = studioOn(side, { categories: [customers as unknown as AnyCategory], mask: undefined })
  })
  afterAll(() => side.close())

  it('is shown as sealed, whether it is asked for or not, and the events decode', async () => {
    for (const reveal of ['', '&reveal=true']) {
      const event = await studio.get(`/api/event?stream=customer-7&version=1${reveal}`)
      const sealed = '(sealed: personal data of c-7)'
      expect(event).toMatchObject({
        data: {
          value: {
            customerId: 'c-7',
            email: sealed,
            people: [{ customerId: 'c-7', name: sealed }],
          },
        },
      })
      expect(event).not.toHaveProperty('undecodable')
    }
  })

  it('is a placeholder in the states, which are replayed as if all persons were forgotten', async () => {
    expect(await studio.get('/api/state?stream=customer-7&version=2')).toMatchObject({
      state: {
        _tag: 'Known',
        state: {
          value: { customerId: 'c-7', email: { _tag: 'Forgotten' }, names: ['N.N.'], greetings: 1 },
        },
      },
    })
    expect(await studio.get('/api/stream?stream=customer-7')).toMatchObject({ sealed: true })
  })

  it('of a command that is decided again is not shown either', async () => {
    const command = register('c-8', 'grace@example.org', 'Grace')
    const decided = await studio.post('/api/decide', { stream: 'customer-7', version: 0, command })
    expect(decided).toMatchObject({
      _tag: 'Accepted',
      events: [{ data: { value: { email: '(sealed: personal data of c-8)' } } }],
    })
  })

  it('has its place in the commands to begin with', async () => {
    expect(await studio.get('/api/stream?stream=customer-7')).toMatchObject({
      commands: [{ type: 'Register', customerId: '', email: '', name: '' }, {}, {}],
    })
  })
})
