import * as E from 'fp-ts/Either'
import type { AppendPrepared, RunAppends } from './append'

/** Signals when an append was stored. */
export const signalling =
  (signal: () => void, append: AppendPrepared): AppendPrepared =>
  async (prepared) => {
    const answer = await append(prepared)
    if (E.isRight(answer)) signal()
    return answer
  }

/** Signals once when any of the appends that share a statement was stored. */
export const signallingAll =
  (signal: () => void, run: RunAppends): RunAppends =>
  async (appends) => {
    const answers = await run(appends)
    if (answers.some(E.isRight)) signal()
    return answers
  }
