import { PGlite } from '@electric-sql/pglite'
import { Pool } from 'pg'
import { openCategory } from 'reprise'
import { forgotten } from 'reprise/codec'
import { connectPglite, masterKeyFrom, postgresTenants, rotateMasterKey } from 'reprise/postgres'
import { customers, register } from '../support/customers'
import { createDatabase, type TestDatabase } from '../support/database'
import { eventually } from '../support/eventually'
import { tablesWith } from '../support/found-in'
import { masterKeyBytes } from '../support/master-keys'
import { left, right } from '../support/right'

const masterKey = masterKeyFrom('one', masterKeyBytes)
/** Long enough that only a notice takes anything out of a cache. */
const personalData = { masterKey, cacheFor: 3_600_000 }
const forgetting = { subject: 'c-7', by: 'test', why: 'ticket 1' }
const ada = register('c-7', 'ada@planted.example', 'Ada Planted')

describe('a person whom two tenants know, with a schema each on one pool', () => {
  let database: TestDatabase
  let pool: Pool
  const open = () =>
    postgresTenants((id) => ({ database: pool, schema: `of_${id}` }), { personalData })
  beforeAll(async () => {
    database = await createDatabase()
    pool = new Pool({ connectionString: database.url, max: 6 })
  })
  afterAll(async () => {
    await pool.end()
    await database.drop()
  })

  it('is forgotten by one tenant, in all of its processes, and stays with the other until it forgets, too', async () => {
    const [tenants, elsewhere] = [open(), open()]
    await tenants.migrate(['north', 'south', 'west'])()
    const [north, south] = [tenants.tenant('north'), tenants.tenant('south')]
    for (const tenant of [north, south]) {
      await right(openCategory(customers, tenant).handleCommand('7', ada))
    }
    const other = openCategory(customers, elsewhere.tenant('north'))
    const keeping = openCategory(customers, elsewhere.tenant('south'))
    for (const desk of [other, keeping]) await right(desk.load('7'))

    await right(north.operator.forgetSubject(forgetting))
    await eventually(async () => typeof (await right(other.cached('7'))).state.email === 'object')
    expect((await right(other.load('7'))).state.email).toEqual(forgotten)
    expect((await right(keeping.load('7'))).state.email).toBe('ada@planted.example')
    const again = openCategory(customers, north).handleCommand('8', ada)
    expect(await left(again)).toMatchObject({ _tag: 'UnencodableEvent' })

    // For all tenants: one after the other. Of one that does not know the person there is nothing to forget.
    const answers = []
    for (const id of ['north', 'south', 'west']) {
      answers.push(await tenants.tenant(id).operator.forgetSubject(forgetting)())
    }
    expect(answers).toMatchObject([
      { right: { subject: 'c-7' } },
      { right: { subject: 'c-7' } },
      { left: { _tag: 'InvalidOperation' } },
    ])
    await eventually(async () => typeof (await right(keeping.cached('7'))).state.email === 'object')
    for (const schema of ['of_north', 'of_south', 'of_west']) {
      expect(await tablesWith(pool, 'lanted', schema)).toEqual([])
    }
    await tenants.close()
    await elsewhere.close()
  }, 60_000)

  it('has a key for each: rotating that of one tenant changes none of the other', async () => {
    const tenants = open()
    await tenants.migrate(['east', 'middle'])()
    const [east, middle] = [tenants.tenant('east'), tenants.tenant('middle')]
    for (const tenant of [east, middle]) {
      await right(openCategory(customers, tenant).handleCommand('7', ada))
    }
    const keyOf = async (tenant: typeof east) => (await right(tenant.subjectKeys.find(['c-7'])))[0]
    const [before, others] = [await keyOf(east), await keyOf(middle)]
    expect(before?.wrapped).not.toBe(others?.wrapped)
    await right(rotateMasterKey(east, masterKeyFrom('two', masterKeyBytes)))
    expect(await keyOf(east)).toMatchObject({ masterKey: 'two' })
    expect(await keyOf(middle)).toEqual(others)
    // What one tenant has stored does not open with the key of the other.
    await pool.query('alter table of_middle.subject_keys disable trigger user')
    await pool.query(
      `update of_middle.subject_keys set (master_key, wrapped) = (select master_key, wrapped from of_east.subject_keys)`,
    )
    const fresh = postgresTenants((id) => ({ database: pool, schema: `of_${id}` }), {
      personalData: { masterKey: masterKeyFrom('two', masterKeyBytes) },
    })
    expect(await left(openCategory(customers, fresh.tenant('middle')).load('7'))).toMatchObject({
      _tag: 'StoreFailed',
      reason: 'CorruptRow',
    })
    await fresh.close()
    await tenants.close()
  }, 60_000)
})

it('tenants in one PGlite forget each for itself', async () => {
  const pglite = await PGlite.create()
  const database = connectPglite(pglite)
  const tenants = postgresTenants((id) => ({ database, schema: id }), { personalData })
  await tenants.migrate(['north', 'south'])()
  const desks = ['north', 'south'].map((id) => openCategory(customers, tenants.tenant(id)))
  for (const desk of desks) await right(desk.handleCommand('7', ada))
  await right(tenants.tenant('north').operator.forgetSubject(forgetting))
  const emails = await Promise.all(desks.map(async (desk) => (await right(desk.load('7'))).state))
  expect(emails.map(({ email }) => email)).toEqual([forgotten, 'ada@planted.example'])
  await tenants.close()
  await pglite.close()
}, 90_000)
