import * as E from 'fp-ts/Either'
import type * as TE from 'fp-ts/TaskEither'
import type { CliFailure } from '../failure'
import type { Context, Output } from '../runtime'
import { safe } from './text'

/** One line on the error stream; with `--json` an object. */
export const reportFailure = (
  output: Pick<Output, 'writeError'>,
  json: boolean,
  { exitCode: _exitCode, ...error }: CliFailure,
): Promise<void> =>
  output.writeError(
    json ? `${JSON.stringify({ error })}\n` : `reprise: ${safe(oneLine(error.message))}\n`,
  )

const oneLine = (text: string): string => text.trim().replace(/\s*\n\s*/g, ' ')

/** Prints the result of a command that has only one: JSON for machines, or text for people. */
export const answer =
  (
    { output, json }: Context,
    forMachines: () => unknown,
    forPeople: () => string,
  ): TE.TaskEither<CliFailure, 0> =>
  async () => {
    await output.write(json ? `${JSON.stringify(forMachines(), null, 2)}\n` : forPeople())
    return E.right(0)
  }
