import * as E from 'fp-ts/Either'
import type * as TE from 'fp-ts/TaskEither'
import type { CliFailure } from '../failure'
import type { Context, Output } from '../runtime'
import { oneLine, safe } from './text'
import { folded } from './wrap'

/** One line on the error stream, wrapped on a terminal; with `--json` an object. */
export const reportFailure = (
  output: Pick<Output, 'writeError' | 'errorColumns'>,
  json: boolean,
  { exitCode: _exitCode, ...error }: CliFailure,
): Promise<void> =>
  output.writeError(
    json
      ? `${JSON.stringify({ error })}\n`
      : folded(`reprise: ${safe(oneLine(error.message))}\n`, output.errorColumns),
  )

/** Prints the result of a command that has only one: JSON for machines, or text for people. */
export const answer =
  (
    { output, json }: Context,
    forMachines: () => unknown,
    forPeople: () => string,
  ): TE.TaskEither<CliFailure, 0> =>
  async () => {
    await output.write(
      json ? `${JSON.stringify(forMachines(), null, 2)}\n` : folded(forPeople(), output.columns),
    )
    return E.right(0)
  }
