import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import {
  forgettingProblem,
  type ForgottenSubject,
  nothingToForget,
} from '../../../core/operator/forgetting'
import type { Operator } from '../../../core/ports/operator'
import { epoch, type OperatedSchema } from './operated-schema'

const forget = (schema: string): string =>
  `select ${schema}.forget_subject($1::text, $2::text, $3::text, $4::boolean)::double precision as sequence`

const entry = (schema: string): string => `
select subject, ${epoch('recorded_at')} as "forgottenAt", operator as by, detail->>'why' as why
from ${schema}.audit
where sequence = $1::bigint`

/** Forgetting subjects: see forget_subject in migrations/0001_reprise.sql. */
export const forgetting = (
  { quoted, read, write }: OperatedSchema,
  onForgotten: () => void,
): Pick<Operator, 'forgetSubject'> => ({
  forgetSubject: (wanted) => {
    const problem = forgettingProblem(wanted)
    if (problem !== undefined) return TE.left(problem)
    const { subject, by, why, ifUnknown } = wanted
    const parameters = [subject, by, why, ifUnknown === 'forget']
    return pipe(
      write<{ readonly sequence: number | null }>(forget(quoted), parameters),
      TE.tapIO(() => onForgotten),
      TE.flatMap(([row]) => read<ForgottenSubject>(entry(quoted), [row?.sequence ?? 0])),
      TE.flatMapEither(([forgotten]) =>
        forgotten === undefined ? E.left(nothingToForget(subject)) : E.right(forgotten),
      ),
    )
  },
})
