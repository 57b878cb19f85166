import { userInfo } from 'node:os'
import type { Command } from 'commander'
import * as E from 'fp-ts/Either'
import { argument } from '../core/text'
import { type CliFailure, failure, usage } from './failure'
import { safe } from './output/text'
import type { Context } from './runtime'

// What cannot be undone: it needs a reason, `--yes`, and the id typed once more.

/** The options of an action that cannot be undone. */
export interface DeliberateOptions {
  readonly why?: string
  readonly by?: string
  readonly yes?: boolean
  readonly confirm?: string
}

/** The words for it: `erase`, `erased`, and of what the id is: `the stream`. */
export interface DeliberateWords {
  readonly verb: string
  readonly done: string
  readonly what: string
}

/** Who does it, unless it is said: the user of this machine. */
export const userName = (): string => {
  const found = E.tryCatch(
    () => userInfo().username,
    () => 'unknown',
  )
  return E.isRight(found) ? found.right : found.left
}

/** The reason, which stays in the audit. */
export const reasonIn = ({ why }: DeliberateOptions): E.Either<CliFailure, string> =>
  why === undefined
    ? E.left(
        usage(
          `Say why, for the record that stays: --why <reason> (a ticket's number; name no person)`,
        ),
      )
    : E.right(why)

/** The id must be typed: one that was found in the history of a shell does nothing. */
export const typed = async (
  { ask }: Context,
  id: string,
  { confirm }: DeliberateOptions,
  { verb, done, what }: DeliberateWords,
): Promise<E.Either<CliFailure, void>> => {
  const answered =
    confirm ?? (await ask?.(`This cannot be undone. Type the id of ${what} to ${verb} it: `))
  if (answered === undefined) {
    return E.left(
      usage(`This is no terminal, so nobody can be asked: add --confirm ${argument(id)}`),
    )
  }
  return answered.trim() === id
    ? E.right(undefined)
    : E.left(failure('NotConfirmed', `That is not ${safe(id)}. Nothing was ${done}.`))
}

/** Declares the options. */
export const deliberate = (command: Command, id: string): Command =>
  command
    .option('--why <reason>', 'why, for the record that stays')
    .option('--by <name>', 'who has decided it (default: the user of this machine)')
    .option('--yes', 'do it, once the id was typed')
    .option(`--confirm <${id}>`, 'the id, where nobody can type it')
