import { either as E } from 'fp-ts'

/** The value of a Right. A Left ends the example: its story cannot continue. */
export const value = <Value>(answer: E.Either<{ readonly message: string }, Value>): Value => {
  if (E.isLeft(answer)) throw new Error(answer.left.message)
  return answer.right
}
