import type { DocumentListRange } from '../../../core/ports/projection-store'
import { named } from '../connection/query'

/** What makes the text of a statement: the rest is parameters. */
interface ListKind {
  readonly order: DocumentListRange['order']
  /** Whether it goes on after an earlier page. */
  readonly goesOn: boolean
}

// The page comes from the index alone, and only then its documents: the planner cannot choose to sort.
/**
 * A page of a list.
 *
 * @param collection - SQL: which collection.
 * @param first - the number of its first parameter.
 */
export const listed = (
  schema: string,
  collection: string,
  first: number,
  { order, goesOn }: ListKind,
): string => {
  const [index, low, high, limit, sortKey, key] = [0, 1, 2, 3, 4, 5].map((at) => `$${first + at}`)
  const [direction, later] = order === 'ascending' ? ['asc', '>'] : ['desc', '<']
  const after = goesOn ? `and (p.sort_key, p.key) ${later} (${sortKey}::text, ${key}::text)` : ''
  return `
select d.key, d.value, d.revision::double precision as revision, page.sort_key as "sortKey"
from (
  select p.key, p.sort_key
  from ${schema}.document_places p
  where p.collection = ${collection} and p.index = ${index}::text
    and p.sort_key >= ${low}::text and p.sort_key < ${high}::text ${after}
  order by p.sort_key ${direction}, p.key ${direction}
  limit ${limit}::integer
) page
  join ${schema}.documents d on d.collection = ${collection} and d.key = page.key
where d.value is not null
order by page.sort_key ${direction}, page.key ${direction}`
}

/** The parameters of a page, in the order of {@link listed}. */
export const listParameters = ({
  index,
  low,
  high,
  limit,
  after,
}: DocumentListRange): ReadonlyArray<unknown> => [
  index,
  low,
  high,
  limit,
  ...(after === undefined ? [] : [after.sortKey, after.key]),
]

/** The statements of one kind of list, which differ in the direction and in whether they go on. */
export const listStatements = (
  label: string,
  textOf: (kind: ListKind) => string,
): ((range: DocumentListRange) => string) => {
  const of = (order: ListKind['order']) => ({
    first: named(`${label}_${order}`, textOf({ order, goesOn: false })),
    next: named(`${label}_${order}_next`, textOf({ order, goesOn: true })),
  })
  const statements = { ascending: of('ascending'), descending: of('descending') }
  return ({ order, after }) => statements[order][after === undefined ? 'first' : 'next']
}
