import { Client } from 'pg'
import { postgres } from '../../../../src/adapters/postgres/backend'
import { eventually } from '../../../support/eventually'
import { migratedDatabase } from '../../../support/postgres'
import { right } from '../../../support/right'

it('a rename that meets another one to the same name fails because the name is taken', async () => {
  const database = await migratedDatabase()
  const { operator, subscriptions } = postgres(database.connect(2))
  const first = await right(subscriptions.register({ name: 'mails', partitions: 1, position: 0 }))
  expect(first).toBe(1)
  const other = new Client({ connectionString: database.url })
  await other.connect()
  await other.query(
    `begin; insert into reprise.subscriptions (name, partitions) values ('letters', 1)`,
  )
  const renaming = operator.rename('mails', 'letters', 'refuse')()
  await eventually(async () => {
    const { rows } = await other.query('select from pg_locks where not granted')
    return rows.length > 0
  })
  await other.query('commit')
  expect(await renaming).toMatchObject({
    left: { _tag: 'SubscriptionExists', subscription: 'letters' },
  })
  await other.end()
  await database.close()
})
