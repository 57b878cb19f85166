import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { OperatorAction } from '../core/operator/audit'
import type { CliFailure } from './failure'
import type { Context } from './runtime'
import { explained, type Session } from './session'

/** What is about to be done. Who does it is known from the context. */
export type Deed = Omit<OperatorAction, 'operator'>

/**
 * Writes an action to the audit, carries it out, and writes down how it went. What cannot be recorded is not done.
 *
 * @param said what the audit says of it once it is done.
 */
export const audited =
  ({ operator: { recordAction, recordOutcome }, ...place }: Session, { by }: Pick<Context, 'by'>) =>
  <Done>(
    deed: Deed,
    work: TE.TaskEither<CliFailure, Done>,
    said: (done: Done) => string,
  ): TE.TaskEither<CliFailure, Done> =>
    pipe(
      recordAction({ operator: by, ...deed }),
      explained(place),
      TE.flatMap((sequence) => async () => {
        const done = await work()
        // If this fails, the entry says that the outcome is not known: which is true.
        await recordOutcome(
          sequence,
          E.isRight(done)
            ? { outcome: 'done', message: said(done.right) }
            : { outcome: 'failed', message: done.left.message },
        )()
        return done
      }),
    )
