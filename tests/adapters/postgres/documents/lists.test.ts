import { CompiledQuery, type Kysely, sql } from 'kysely'
import { placesOf, sortRange } from '../../../../src/core/document-index'
import { listed, listParameters } from '../../../../src/adapters/postgres/documents/lists'
import type { DocumentListRange } from '../../../../src/core/ports/projection-store'
import { postgres } from 'reprise/postgres'
import { migratedDatabase, type MigratedDatabase } from '../../../support/postgres'
import { right } from '../../../support/right'

const fields = ['customer', 'amount']
const indexes = { byCustomer: fields }
const COUNT = 100_000
let database: MigratedDatabase<unknown>
let db: Kysely<unknown>

beforeAll(async () => {
  database = await migratedDatabase()
  db = database.connect()
  const { documents } = postgres(db)
  for (let from = 0; from < COUNT; from += 5_000) {
    const writes = Array.from({ length: 5_000 }, (_, index) => {
      const number = from + index
      const value = { customer: `c${number % 7}`, amount: (number * 7_919) % COUNT }
      return { key: `order-${number}`, value, places: placesOf(indexes, value) }
    })
    await right(documents.write('orders', writes))
  }
  await sql`analyze`.execute(db)
}, 300_000)
afterAll(() => database.close())

interface Plan {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly Plans?: ReadonlyArray<Plan>
}

const flat = (plan: Plan): ReadonlyArray<Plan> => [plan, ...(plan.Plans ?? []).flatMap(flat)]

const planOf = async (range: DocumentListRange): Promise<ReadonlyArray<Plan>> => {
  const kind = { order: range.order, goesOn: range.after !== undefined }
  const statement = listed('reprise', '$1::text', 2, kind)
  const { rows } = await db.executeQuery<Record<string, ReadonlyArray<{ readonly Plan: Plan }>>>(
    CompiledQuery.raw(`explain (analyze, format json) ${statement}`, [
      'orders',
      ...listParameters(range),
    ]),
  )
  const plan = rows[0]?.['QUERY PLAN']?.[0]?.Plan
  if (plan === undefined) throw new Error('there is no plan')
  return flat(plan)
}

describe('lists of documents', () => {
  const range = (more: Partial<DocumentListRange>): DocumentListRange => {
    const sorted = sortRange(fields, { where: { customer: 'c3' } })
    if (typeof sorted === 'string') throw new Error(sorted)
    return { index: 'byCustomer', ...sorted, order: 'ascending', limit: 50, ...more }
  }
  const { byCustomer = '' } = placesOf(indexes, { customer: 'c3', amount: COUNT / 2 })
  const far = { sortKey: byCustomer, key: '' }

  it.each([
    ['at its start', range({})],
    ['at its end', range({ order: 'descending' })],
    ['far into it', range({ after: far })],
    ['far into it, backwards', range({ after: far, order: 'descending' })],
  ])('reads a page of 100,000 documents by index scans: %s', async (_where, wanted) => {
    const { documents } = postgres(db)
    const page = await right(documents.list('orders', wanted))
    expect(page.documents).toHaveLength(50)
    const plans = await planOf(wanted)
    const scans = plans.filter((plan) => plan['Relation Name'] !== undefined)
    expect(scans).not.toHaveLength(0)
    for (const scan of scans) {
      expect(scan['Node Type']).toMatch(/^Index (Only )?Scan$/)
      expect(scan['Actual Rows'] * scan['Actual Loops']).toBeLessThanOrEqual(50)
    }
  })
})
