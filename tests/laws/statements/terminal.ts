import * as E from 'fp-ts/Either'
import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import { type guardTerminal, type ignoreTerminal, terminated } from 'reprise/algebra'
import { trace } from '../support/behaviour'
import { type Law, law } from '../support/law'
import { commands, deciders } from '../support/machine'

/** The two ways to treat what is over, or broken ones. */
export interface Guards {
  readonly guardTerminal: typeof guardTerminal
  readonly ignoreTerminal: typeof ignoreTerminal
}

export const terminalLaws = (guards: Guards): ReadonlyArray<Law> => [
  law(
    'guardTerminal',
    'before its end a decider answers as it did, and from then on it rejects every command',
    [deciders, commands],
    (decider, sent) => {
      const steps = trace(guards.guardTerminal(decider), sent)
      sent.forEach((command, index) => {
        const { state } = steps[index]!
        const isOver = decider.isTerminal?.(state) === true
        const answer = isOver ? E.left(terminated) : decider.decide(command, state)
        deepStrictEqual(steps[index + 1]!.decision, answer)
        if (isOver) strictEqual(steps[index + 1]!.state, state)
      })
    },
  ),
  law(
    'ignoreTerminal',
    'before its end a decider answers as it did, and from then on nothing happens',
    [deciders, commands],
    (decider, sent) => {
      const steps = trace(guards.ignoreTerminal(decider), sent)
      sent.forEach((command, index) => {
        const { state } = steps[index]!
        const isOver = decider.isTerminal?.(state) === true
        const answer = isOver ? E.right([]) : decider.decide(command, state)
        deepStrictEqual(steps[index + 1]!.decision, answer)
      })
    },
  ),
]
