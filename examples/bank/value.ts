import * as E from 'fp-ts/Either'

/** What was asked for. Anything else ends the example: its story cannot go on without. */
export const value = <Value>(answer: E.Either<{ readonly message: string }, Value>): Value => {
  if (E.isLeft(answer)) throw new Error(answer.left.message)
  return answer.right
}
