import fc from 'fast-check'
import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import {
  type adaptProcess,
  type combineProcesses,
  type Process,
  reactTo,
  resumeFrom,
} from 'reprise/algebra'
import { freeze } from '../support/behaviour'
import { type Law, law } from '../support/law'
import { type At, type Do, type Done, event, events, processes } from '../support/machine'

/** The combinators of processes, or broken ones. */
export interface ProcessCombinators {
  readonly adaptProcess: typeof adaptProcess
  readonly combineProcesses: typeof combineProcesses
}

/** Everything that can be seen of a process while it hears `events`. */
const listen = <Event, Command, State>(
  process: Process<Event, Command, State>,
  received: ReadonlyArray<Event>,
) => {
  let state = freeze(process.initialState)
  const look = (commands: ReadonlyArray<Command>) => ({
    state,
    commands,
    pending: resumeFrom(process, state),
    isTerminal: process.isTerminal?.(state) === true,
  })
  const steps = [look([])]
  for (const each of received) {
    state = freeze(process.evolve(state, freeze(each)))
    steps.push(look(reactTo(process, state, each)))
  }
  return steps
}

const numbers = fc.array(fc.nat({ max: 3 }), { minLength: 4, maxLength: 4 })
const eventMaps = fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }).map(
  (keep) =>
    (each: Done): Done | undefined =>
      keep[each.kind] === true ? each : undefined,
)
const commandMaps = numbers.map((to) => (each: Do): Do => ({ ...each, choice: to[each.choice]! }))

export const processLaws = (of: ProcessCombinators): ReadonlyArray<Law> => [
  law(
    'adaptProcess: identity',
    'adapting to its own world changes nothing',
    [processes, events],
    (process, received) => {
      const adapted = of.adaptProcess({ event: (each: Done) => each, command: (each: Do) => each })(
        process,
      )
      deepStrictEqual(listen(adapted, received), listen(process, received))
    },
  ),
  law(
    'adaptProcess: composition',
    'adapting twice is adapting once by both',
    [processes, events, eventMaps, eventMaps, commandMaps, commandMaps],
    (process, received, outerEvent, innerEvent, innerCommand, outerCommand) => {
      const twice = of.adaptProcess({ event: outerEvent, command: outerCommand })(
        of.adaptProcess({ event: innerEvent, command: innerCommand })(process),
      )
      const once = of.adaptProcess({
        event: (each: Done) => {
          const middle = outerEvent(each)
          return middle === undefined ? undefined : innerEvent(middle)
        },
        command: (each: Do) => outerCommand(innerCommand(each)),
      })(process)
      deepStrictEqual(listen(twice, received), listen(once, received))
    },
  ),
  law(
    'adaptProcess: foreign events',
    'an event that is not ours is neither remembered nor answered',
    [processes, events, event],
    (process, received, foreign) => {
      const adapted = of.adaptProcess({
        event: (each: Done | null) => each ?? undefined,
        command: (each: Do) => each,
      })(process)
      const { state } = listen(adapted, received).at(-1)!
      strictEqual(adapted.evolve(state, null), state)
      deepStrictEqual(adapted.react(state, null), [])
      deepStrictEqual(adapted.react(state, foreign), process.react(state, foreign))
    },
  ),
  law(
    'combineProcesses: independence',
    'every part receives every event, behaves as it would alone, and issues the same commands',
    [processes, processes, events],
    (left, right, received) => {
      const steps = listen(of.combineProcesses({ left, right }), received)
      const [one, two] = [listen(left, received), listen(right, received)]
      steps.forEach((step, index) => {
        const [first, second] = [one[index]!, two[index]!]
        deepStrictEqual(step, {
          state: { left: first.state, right: second.state },
          commands: [...first.commands, ...second.commands],
          pending: [...first.pending, ...second.pending],
          isTerminal: first.isTerminal && second.isTerminal,
        })
      })
    },
  ),
  law(
    'combineProcesses: associativity',
    'it does not matter which two are put together first',
    [processes, processes, processes, events],
    (a, b, c, received) => {
      const flat = listen(of.combineProcesses({ a, b, c }), received)
      const left = listen(of.combineProcesses({ ab: of.combineProcesses({ a, b }), c }), received)
      deepStrictEqual(
        left.map((step) => ({ ...step, state: { ...step.state.ab, c: step.state.c } })),
        flat,
      )
    },
  ),
  law(
    'combineProcesses: unit',
    'combined with no process at all, a process is as it was',
    [processes, events],
    (only, received) => {
      const none = of.combineProcesses<Done, Do, object>({})
      const steps = listen(of.combineProcesses({ only, none }), received)
      deepStrictEqual(
        steps.map((step) => ({ ...step, state: step.state.only })),
        listen<Done, Do, At>(only, received),
      )
    },
  ),
]
