import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { TaskEither } from 'fp-ts/TaskEither'
import * as TE from 'fp-ts/TaskEither'
import { type NoEarlierBuild, noEarlierBuild } from '../../core/errors/projection'
import type { StoreFailed } from '../../core/errors/store'
import type { RolledBack } from '../../core/ports/projection-store'
import type { ProjectionBackend } from './environment'

/**
 * Goes back to the previous build, if that is still kept (`keepOldBuild`). It may lag behind: a process that
 * declares its version brings it up to date. Processes that run the abandoned version end with
 * `ProjectionRolledBack`; its build is deleted, and is not built again until `rebuildProjection` is called.
 *
 * Fails with
 * - `NoEarlierBuild`: no earlier build is kept. Nothing was changed.
 * - `StoreFailed`: with outcome `unknown` the rollback may have happened. Check `documents.builds` before you repeat
 *   it: each rollback goes one build further back.
 *
 * @param projection - its name.
 *
 * @example
 * const rolledBack = await rollBackProjection('balances')(backend)()
 */
export const rollBackProjection =
  (projection: string) =>
  <Transaction>({
    documents,
  }: Pick<ProjectionBackend<Transaction>, 'documents'>): TaskEither<
    StoreFailed | NoEarlierBuild,
    RolledBack
  > =>
    pipe(
      documents.rollBack(projection),
      TE.flatMapEither((rolledBack) =>
        rolledBack === undefined ? E.left(noEarlierBuild(projection)) : E.right(rolledBack),
      ),
    )
