import * as E from 'fp-ts/Either'
import type { TablesNotCreated } from '../../core/errors/projection'
import type { StoreFailed } from '../../core/errors/store'
import type { Retired } from '../../core/operator/archiving'
import type { ProjectionBuild } from '../../core/ports/projection-store'
import { type BuiltProjection, isTableProjection } from '../../core/projection'
import type { ProjectionBackend, ProjectionNotice } from './environment'
import { tablesOf } from './table-effects'

type Documents<Transaction> = Pick<ProjectionBackend<Transaction>, 'documents'>

const PORTION = 1_000

const isNothing = ({ archivedStreams, truncatedStreams }: Retired): boolean =>
  archivedStreams === 0 && truncatedStreams === 0

/** Reports that a new build has begun, and what it cannot see. */
export const reportBegun = async <Transaction>(
  { operator }: Pick<ProjectionBackend<Transaction>, 'operator'>,
  report: (notice: ProjectionNotice) => void,
  build: { readonly projection: string; readonly version: number; readonly build: number },
): Promise<void> => {
  report({ _tag: 'BuildBegun', ...build })
  const retired = await operator?.retired()()
  if (retired === undefined || E.isLeft(retired) || isNothing(retired.right)) return
  report({ _tag: 'BuildLeavesOut', ...build, ...retired.right })
}

/** Creates the tables of a build, if it is one with tables. */
export const prepareBuild = async <State, Event, Transaction>(
  { documents }: Documents<Transaction>,
  projection: BuiltProjection<State, Event, Transaction>,
  build: ProjectionBuild,
): Promise<E.Either<StoreFailed | TablesNotCreated, void>> => {
  if (!isTableProjection(projection)) return E.right(undefined)
  const tables = tablesOf(documents)
  return E.isLeft(tables)
    ? tables
    : tables.right.prepare(projection.name, build, projection.tables)()
}

/** Deletes a portion of what a projection no longer needs. Answers whether there may be more. */
export const sweepSome = async <Transaction>(
  { documents }: Documents<Transaction>,
  projection: string,
): Promise<E.Either<StoreFailed, boolean>> => {
  const deleted = await documents.sweep(projection, PORTION)()
  return E.isLeft(deleted) ? deleted : E.right(deleted.right === PORTION)
}

/** Deletes everything that a projection no longer needs. */
export const sweepAll = async <Transaction>(
  backend: Documents<Transaction>,
  projection: string,
): Promise<E.Either<StoreFailed, void>> => {
  for (;;) {
    const more = await sweepSome(backend, projection)
    if (E.isLeft(more)) return more
    if (!more.right) return E.right(undefined)
  }
}

/** Deletes a build that readers do not see, unless other instances work on it. */
export const discard = async <Transaction>(
  backend: Documents<Transaction>,
  projection: string,
  build: ProjectionBuild,
): Promise<E.Either<StoreFailed, void>> => {
  const abandoned = await backend.documents.abandon(projection, build)()
  return E.isLeft(abandoned) ? abandoned : sweepAll(backend, projection)
}
