import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { invalidOperation } from '../../../core/errors/operator'
import type { Operator } from '../../../core/ports/operator'
import {
  notTagged,
  taggableProblem,
  type TaggedCategory,
  tagBatchProblem,
} from '../../../core/tagged-category'
import type { OperatedSchema } from './operated-schema'

type Row = Omit<TaggedCategory, 'completeAfter'> & { readonly completeAfter: number | null }

const toTagged = ({ completeAfter, ...row }: Row): TaggedCategory => ({
  ...row,
  completeAfter: completeAfter ?? undefined,
})

/** The tags of categories, as the operator sees and rebuilds them. */
export const categoryTags = ({
  quoted,
  read,
  write,
}: OperatedSchema): Pick<Operator, 'taggedCategories' | 'beginTags' | 'saveTags'> => {
  const found = (category: string | null) =>
    pipe(
      read<Row>(
        `select category, complete_after::double precision as "completeAfter",
                rebuilt_to::double precision as "rebuiltTo", enforced
         from ${quoted}.tagged_categories where $1::text is null or category = $1 order by category`,
        [category],
      ),
      TE.map((rows) => rows.map(toTagged)),
    )
  const after = (category: string) =>
    pipe(
      found(category),
      TE.flatMapEither(([one]) =>
        one?.enforced === true ? E.right(one) : E.left(notTagged(category)),
      ),
    )
  return {
    taggedCategories: () => found(null),
    beginTags: (category, which) => {
      const problem = taggableProblem(category)
      return problem === undefined
        ? pipe(
            write(`select ${quoted}.begin_tags($1::text, $2::boolean)`, [
              category,
              which === 'again',
            ]),
            TE.flatMap(() => after(category)),
          )
        : TE.left(invalidOperation('category', problem))
    },
    saveTags: (batch) => {
      const problem = tagBatchProblem(batch)
      if (problem !== undefined) return TE.left(problem)
      const { category, after: above, upTo, events } = batch
      const pairs = events.flatMap(({ position, tags }) =>
        tags.map((tag) => [position, tag] as const),
      )
      return pipe(
        write(
          `select ${quoted}.save_tags($1::text, $2::bigint, $3::bigint, $4::bigint[], $5::text[])`,
          [category, above, upTo, pairs.map(([position]) => position), pairs.map(([, tag]) => tag)],
        ),
        TE.flatMap(() => after(category)),
      )
    },
  }
}
