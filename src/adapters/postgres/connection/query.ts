import * as TE from 'fp-ts/TaskEither'
import { CompiledQuery } from 'kysely'
import type { StoreFailed } from '../../../core/errors/store'
import { type Doing, toStoreFailed } from './errors'
import type { Executor } from './executor'

/** The rows that a statement answers. */
export const rowsOf = <Row>(
  db: Executor,
  statement: string,
  parameters: ReadonlyArray<unknown>,
  doing: Doing = 'reading',
): TE.TaskEither<StoreFailed, ReadonlyArray<Row>> =>
  TE.tryCatch(async () => {
    const { rows } = await db.executeQuery<Row>(CompiledQuery.raw(statement, [...parameters]))
    return rows
  }, toStoreFailed(doing))
