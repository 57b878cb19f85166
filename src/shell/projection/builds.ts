import * as E from 'fp-ts/Either'
import type { StoreFailed } from '../../core/errors/store'
import type { ProjectionBuild } from '../../core/ports/projection-store'
import type { ProjectionBackend, ProjectionEnvironment } from './environment'

/** The build of a version with a number of its own. */
export const buildOf = (name: string, version: number, build: number): ProjectionBuild => ({
  version,
  build,
  collection: `${name}@${version}.${build}`,
})

const PORTION = 1_000

/** Forgets a build that nobody sees: first its checkpoint, so that nobody writes to it any more. */
export const discard = async <Transaction>(
  { documents, subscriptions }: Pick<ProjectionBackend<Transaction>, 'documents' | 'subscriptions'>,
  { collection }: ProjectionBuild,
): Promise<E.Either<StoreFailed, void>> => {
  const removed = await subscriptions.remove(collection)()
  if (E.isLeft(removed)) return removed
  for (;;) {
    const cleared = await documents.clear(collection, PORTION)()
    if (E.isLeft(cleared)) return cleared
    if (cleared.right < PORTION) return E.right(undefined)
  }
}

/** Whether a build has come as far as the one that readers see. Tells the progress. */
export const hasCaughtUp = async <Transaction>(
  { subscriptions, observe }: ProjectionEnvironment<Transaction>,
  projection: string,
  next: ProjectionBuild,
  active: ProjectionBuild,
): Promise<E.Either<StoreFailed, boolean>> => {
  const target = await subscriptions.reached(active.collection)()
  if (E.isLeft(target)) return target
  const reached = await subscriptions.reached(next.collection)()
  if (E.isLeft(reached)) return reached
  if (reached.right === undefined) return E.right(false)
  const wanted = target.right ?? 0
  observe?.({ _tag: 'BuildProgress', projection, reached: reached.right, target: wanted })
  return E.right(reached.right >= wanted)
}
