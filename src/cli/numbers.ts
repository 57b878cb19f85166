import * as E from 'fp-ts/Either'
import { type CliFailure, usage } from './failure'

/** The value of an option that must be a whole number of at least `least`; `undefined` if it was not given. */
export const wholeNumber = (
  option: string,
  text: string | undefined,
  least: number,
): E.Either<CliFailure, number | undefined> => {
  if (text === undefined) return E.right(undefined)
  const number = /^\d+$/.test(text) ? Number(text) : NaN
  return Number.isSafeInteger(number) && number >= least
    ? E.right(number)
    : E.left(usage(`${option} must be a whole number, ${least} or more; got ${text}.`))
}
