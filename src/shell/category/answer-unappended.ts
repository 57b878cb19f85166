import * as E from 'fp-ts/Either'
import type { Decided } from './decide-batch'
import type { Waiting } from './pending-command'

/** What is known about the state that a batch was decided on. */
export interface Ground {
  /** It was read just now, and the id of the batch's first command was looked up. */
  readonly fresh: boolean
  /** An append at its version has succeeded since: it was the stream's. */
  readonly confirmed: boolean
}

/** Whether the store must be asked before `decided` can be answered. */
const mustAsk = <Command, State, Event, Rejection>(
  { waiting, decision }: Decided<Command, State, Event, Rejection>,
  first: boolean,
  { fresh, confirmed }: Ground,
): boolean =>
  // A refusal may only mean that this very command was carried out before: its id tells.
  E.isLeft(decision) && waiting.options.commandId !== undefined
    ? !(fresh && first)
    : !fresh && !confirmed

/**
 * Answers what an append has no part in: refusals, and decisions to do nothing. Gives back those whose
 * state may have been an old one.
 */
export const settle = <Command, State, Event, Rejection>(
  batch: ReadonlyArray<Decided<Command, State, Event, Rejection>>,
  ground: Ground,
): ReadonlyArray<Waiting<Command, State, Event, Rejection>> => {
  const again: Waiting<Command, State, Event, Rejection>[] = []
  for (const decided of batch) {
    const { waiting, before, decision, events } = decided
    const appended = events.length > 0 || waiting.options.commandId !== undefined
    if (E.isRight(decision) && appended) continue
    if (mustAsk(decided, decided === batch[0], ground)) {
      again.push({ ...waiting, afresh: true })
      continue
    }
    waiting.answer(
      E.isLeft(decision)
        ? decision
        : E.right({ events: [], state: before.state, version: before.version }),
    )
  }
  return again
}
