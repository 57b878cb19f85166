import * as E from 'fp-ts/Either'
import fc from 'fast-check'
import { deepStrictEqual } from 'node:assert/strict'
import { type drive, replayFrom, stepLimitReached, toMealy } from 'reprise/algebra'
import { frozen, trace } from '../support/behaviour'
import { type Law, law } from '../support/law'
import {
  type At,
  type Do,
  type Done,
  commands,
  deciders,
  type MachineDecider,
  type MachineProcess,
  type No,
  processes,
} from '../support/machine'

const LIMIT = 12

interface Settled {
  readonly events: ReadonlyArray<Done>
  readonly rejection: No | 'limit' | null
}

/** What a careful shell would do: send one command at a time, and tell the process each event. */
const dispatch = (
  process: MachineProcess,
  decider: MachineDecider,
  first: ReadonlyArray<Do>,
  from: { readonly process: At; readonly decider: At },
): Settled => {
  const { step } = toMealy(decider)
  const queue = [...first]
  let { process: remembered, decider: state } = from
  let events: ReadonlyArray<Done> = []
  for (let sent = 0; queue.length > 0; sent += 1) {
    if (sent === LIMIT) return { events: [], rejection: 'limit' }
    const { decision, state: next } = step(state, queue.shift()!)
    if (E.isLeft(decision)) return { events: [], rejection: decision.left }
    state = next
    for (const event of decision.right) {
      remembered = process.evolve(remembered, event)
      if (process.isTerminal?.(remembered) !== true) queue.push(...process.react(remembered, event))
    }
    events = [...events, ...decision.right]
  }
  return { events, rejection: null }
}

const expected = ({ events, rejection }: Settled) => {
  if (rejection === null) return E.right(events)
  return E.left(rejection === 'limit' ? stepLimitReached(LIMIT) : rejection)
}

export const driveLaws = (drives: typeof drive): ReadonlyArray<Law> => [
  law(
    'drive: as a shell would',
    'deciding a chain at once gives what sending its commands one by one gives, each on the newest state',
    [processes, deciders, commands],
    (process, decider, sent) => {
      const driven = drives(process, LIMIT)(decider)
      const steps = trace(driven, sent)
      sent.forEach((command, index) => {
        const { state } = steps[index]!
        deepStrictEqual(
          steps[index + 1]!.decision,
          expected(dispatch(process, decider, [command], state)),
        )
      })
    },
  ),
  law(
    'drive: replay',
    'the process and the decider reach, from the recorded events alone, the states they had when deciding',
    [processes, deciders, commands],
    (process, decider, sent) => {
      const steps = trace(drives(process, LIMIT)(decider), sent)
      const all = steps.flatMap(({ decision }) => (E.isRight(decision) ? decision.right : []))
      const { state } = steps.at(-1)!
      deepStrictEqual(state.process, replayFrom(process, process.initialState, all))
      deepStrictEqual(state.decider, replayFrom(decider, decider.initialState, all))
    },
  ),
  law(
    'drive: resume',
    'a stored state carries on with the commands it is waiting for',
    [processes, deciders, commands],
    (process, decider, sent) => {
      const driven = drives(process, LIMIT)(frozen(decider))
      const { state } = trace(driven, sent).at(-1)!
      const pending =
        process.isTerminal?.(state.process) === true ? [] : process.resume(state.process)
      deepStrictEqual(driven.resume(state), expected(dispatch(process, decider, pending, state)))
    },
  ),
  law(
    'drive: step limit',
    'a higher limit changes nothing but the answer of chains that are too long',
    [processes, deciders, commands, fc.integer({ min: 1, max: 4 })],
    (process, decider, sent, low) => {
      const [short, long] = [drives(process, low)(decider), drives(process, LIMIT)(decider)]
      for (const command of sent) {
        const decision = short.decide(command, short.initialState)
        const isCut = E.isLeft(decision) && decision.left._tag === 'StepLimitReached'
        if (isCut) deepStrictEqual(decision.left, stepLimitReached(low))
        else deepStrictEqual(decision, long.decide(command, long.initialState))
      }
    },
  ),
  law(
    'drive: a silent process',
    'a process that never issues a command changes no decision',
    [deciders, commands],
    (decider, sent) => {
      const silent = {
        initialState: null,
        evolve: (state: null, _: Done) => state,
        react: (): ReadonlyArray<Do> => [],
        resume: (): ReadonlyArray<Do> => [],
      }
      const steps = trace(drives(silent)(decider), sent)
      deepStrictEqual(
        steps.map(({ decision, isTerminal }) => ({ decision, isTerminal })),
        trace(decider, sent).map(({ decision, isTerminal }) => ({ decision, isTerminal })),
      )
    },
  ),
]
