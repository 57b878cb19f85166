import { pipe } from 'fp-ts/function'
import type * as TE from 'fp-ts/TaskEither'
import type { Retired } from '../core/operator/archiving'
import { count } from '../core/text'
import type { CliFailure } from './failure'
import { explained, type Session } from './session'

/** What whoever reads the whole store does not see. */
export const retiredIn = (session: Session): TE.TaskEither<CliFailure, Retired> =>
  pipe(session.operator.retired(), explained(session))

export const isWhole = ({ archivedStreams, truncatedStreams }: Retired): boolean =>
  archivedStreams === 0 && truncatedStreams === 0

/** The same for machines: nothing, if there is nothing. */
export const leftOutJson = (retired: Retired): { readonly leftOut?: Retired } =>
  isWhole(retired) ? {} : { leftOut: retired }

/** Says so, if there is anything. `what`: `The rebuild`, say. */
export const leftOut = (
  what: string,
  { archivedStreams, archivedEvents, truncatedStreams, truncatedEvents }: Retired,
): string =>
  (archivedStreams === 0
    ? ''
    : `${what} does not see ${count(archivedEvents, 'event')} of ${count(archivedStreams, 'stream')} in the archive.\n`) +
  (truncatedStreams === 0
    ? ''
    : `${what} sees summaries of ${count(truncatedEvents, 'event')} at the beginning of ${count(truncatedStreams, 'stream')}.\n`)
