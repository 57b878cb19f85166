import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../../../core/errors/store'
import { type Executor, readRows, writeRows } from '../connection/query'
import { milliseconds, quoteIdentifier } from '../schema/names'

/** Our tables in one schema, as the operator's statements need them. */
export interface OperatedSchema {
  readonly name: string
  /** The name, quoted for a statement. */
  readonly quoted: string
  readonly db: Executor
  readonly read: RunStatement
  /** The same for a statement that writes: its outcome may be unknown. */
  readonly write: RunStatement
}

type RunStatement = <Row>(
  statement: string,
  parameters?: ReadonlyArray<unknown>,
) => TaskEither<StoreFailed, ReadonlyArray<Row>>

export const operatedSchema = (db: Executor, name: string): OperatedSchema => ({
  name,
  quoted: quoteIdentifier(name),
  db,
  read: (statement, parameters = []) => readRows(db, statement, parameters),
  write: (statement, parameters = []) => writeRows(db, 'statement', statement, parameters),
})

/** A time in milliseconds since 1970-01-01 UTC. null stays null. */
export const epoch = (time: string): string =>
  `(extract(epoch from ${time}) * 1000)::double precision`

/** The projection that the subscription `s` keeps a build of: the one with the longest name that fits. */
export const buildOf = (schema: string): string => `
  left join lateral (
    select p.name, p.collection = s.name as active,
           (select ${milliseconds('b.kept_until')} from ${schema}.builds b
            where b.collection = s.name and b.state = 'kept') as "keptUntil"
    from ${schema}.projections p
    where p.collection = s.name or starts_with(s.name, p.name || '@')
    order by length(p.name) desc limit 1
  ) build on true`
