import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { invalidOperation } from '../../core/errors/operator'
import type { StoreFailed } from '../../core/errors/store'
import type { Operator } from '../../core/ports/operator'
import type { Position } from '../../core/stream'
import {
  isComplete,
  notTagged,
  taggableProblem,
  type TaggedCategory,
  tagBatchProblem,
} from '../../core/tagged-category'
import { addTagsLater, type TagIndex } from './tag-index'

/** The tags of categories, as the operator sees and rebuilds them. */
export const memoryTags = (
  index: TagIndex,
  last: TE.TaskEither<StoreFailed, Position>,
): Pick<Operator, 'taggedCategories' | 'beginTags' | 'saveTags'> => {
  const { categories } = index
  return {
    taggedCategories: () =>
      TE.fromIO(() =>
        [...categories.values()].toSorted((left, right) =>
          left.category < right.category ? -1 : 1,
        ),
      ),
    beginTags: (category, which) => {
      const problem = taggableProblem(category)
      if (problem !== undefined) return TE.left(invalidOperation('category', problem))
      return pipe(
        last,
        TE.map((completeAfter) => {
          const known = categories.get(category)
          if (known?.enforced === true && (which === 'unfinished' || !isComplete(known))) {
            return known
          }
          const begun = { category, completeAfter, rebuiltTo: 0, enforced: true }
          categories.set(category, begun)
          index.rebuilds += 1
          return begun
        }),
      )
    },
    saveTags: (batch) => () => {
      const { category, after, upTo, events } = batch
      const problem = tagBatchProblem(batch)
      if (problem !== undefined) return Promise.resolve(E.left(problem))
      const known = categories.get(category)
      if (known?.enforced !== true) return Promise.resolve(E.left(notTagged(category)))
      if (known.rebuiltTo !== after) return Promise.resolve(E.right(known))
      for (const { position, tags } of events) addTagsLater(index, position, tags)
      const saved: TaggedCategory = { ...known, rebuiltTo: upTo }
      categories.set(category, saved)
      return Promise.resolve(E.right(saved))
    },
  }
}
