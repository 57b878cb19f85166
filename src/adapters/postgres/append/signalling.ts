import * as E from 'fp-ts/Either'
import type { AppendPrepared, RunAppends } from './append'
import type { AppendAnswer } from './append-answer'

const hasStored = (answer: AppendAnswer): boolean =>
  E.isRight(answer) && answer.right.positions.length > 0

/** Signals when an append has stored events. */
export const signalling =
  (signal: () => void, append: AppendPrepared): AppendPrepared =>
  async (prepared) => {
    const answer = await append(prepared)
    if (hasStored(answer)) signal()
    return answer
  }

/** Signals once when any of the appends that share a statement has stored events. */
export const signallingAll =
  (signal: () => void, run: RunAppends): RunAppends =>
  async (appends) => {
    const answers = await run(appends)
    if (answers.some(hasStored)) signal()
    return answers
  }
