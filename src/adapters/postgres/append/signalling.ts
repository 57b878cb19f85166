import * as E from 'fp-ts/Either'
import type { RunAppends } from './append-answer'

/** Signals when an append was stored. */
export const signalling =
  <Given extends ReadonlyArray<unknown>, Failure, Stored>(
    signal: () => void,
    append: (...given: Given) => Promise<E.Either<Failure, Stored>>,
  ) =>
  async (...given: Given): Promise<E.Either<Failure, Stored>> => {
    const answer = await append(...given)
    if (E.isRight(answer)) signal()
    return answer
  }

/** Signals once when any of the appends that share a statement was stored. */
export const signallingAll =
  (signal: () => void, run: RunAppends): RunAppends =>
  (appends) =>
    run(appends).then((answers) => {
      if (answers.some(E.isRight)) signal()
      return answers
    })
