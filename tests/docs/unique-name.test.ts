import { createDatabase, type TestDatabase } from '../support/database'
import { describeMarkdown } from './run-markdown'

let database: TestDatabase
let before: string | undefined
beforeAll(async () => {
  database = await createDatabase()
  before = process.env['DATABASE_URL']
  process.env['DATABASE_URL'] = database.url
})
afterAll(async () => {
  if (before === undefined) delete process.env['DATABASE_URL']
  else process.env['DATABASE_URL'] = before
  await database.drop()
})

describeMarkdown('docs/how-to/unique-name.md')
