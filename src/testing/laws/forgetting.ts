import * as E from 'fp-ts/Either'
import { runCommands } from '../../core/algebra/run'
import type { CommandCodec } from '../../core/codec/command-codec'
import type { EventCodec } from '../../core/codec/event-codec'
import type { StateCodec } from '../../core/codec/state-codec'
import { type Decider, replay } from '../../core/decider'
import { describeIssues, type Issue } from '../../core/issue'
import { type Json, toJsonObject } from '../../core/json'
import { FORGOTTEN_JSON, withReplaced } from '../../core/personal'
import { personalIn } from '../../core/personal-value'
import { attempt, type DeciderLaw, firstProblem } from './law'
import { show } from './show-difference'

/** Some JSON of which every subject was forgotten. */
const withoutPersons = (value: Json): Json =>
  withReplaced(value, (part) => (personalIn(part) === undefined ? undefined : FORGOTTEN_JSON))

type Read<Value> = E.Either<ReadonlyArray<Issue>, Value>

const forgottenEvent =
  <Event>({ encode, decode }: EventCodec<Event>) =>
  (event: Event): Read<Event> => {
    const written = encode(event)
    if (E.isLeft(written)) return written
    const data = toJsonObject(withoutPersons(written.right.data))
    return E.isLeft(data) ? data : decode({ ...written.right, data: data.right })
  }

const forgottenCommand =
  <Command>({ encode, decode }: CommandCodec<Command>) =>
  (command: Command): Read<Command> => {
    const written = encode(command)
    return E.isLeft(written) ? written : decode(withoutPersons(written.right))
  }

/** Everything that can be read as it was forgotten; what cannot is a problem of another law. */
const readable = <Value>(
  values: ReadonlyArray<Value>,
  read: (value: Value) => Read<Value>,
): ReadonlyArray<Value> =>
  values.flatMap((value) => {
    const one = read(value)
    return E.isLeft(one) ? [] : [one.right]
  })

interface Codecs<Command, State, Event> {
  readonly events: EventCodec<Event>
  readonly commands?: CommandCodec<Command> | undefined
  readonly state?: StateCodec<State> | undefined
}

/** A decider goes on with a history whose persons were forgotten. */
export const survivesForgetting = <Command, State, Event, Rejection>(
  decider: Decider<Command, State, Event, Rejection>,
  { events: codec, commands: commandCodec, state: stateCodec }: Codecs<Command, State, Event>,
): DeciderLaw<Command, Event> => ({
  name: 'forgetting breaks nothing',
  meaning: '`evolve`, `decide` and the state codec take the placeholder of every personal field',
  problem: ({ commands, events }) => {
    const read = forgottenEvent(codec)
    const decided = attempt('the decider', () => runCommands(decider, commands).events)
    const history = E.isLeft(decided) ? [] : decided.right
    return firstProblem([history, events], (all) => {
      for (const event of all) {
        const one = read(event)
        if (E.isLeft(one)) return `${show(event)} cannot be read: ${describeIssues(one.left)}`
      }
      const left = readable(all, read)
      const state = attempt('`evolve`, on what was forgotten,', () => replay(decider, left))
      if (E.isLeft(state)) return state.left
      const sent =
        commandCodec === undefined ? [] : readable(commands, forgottenCommand(commandCodec))
      for (const command of [...commands, ...sent]) {
        const answer = attempt(`\`decide\`, on what was forgotten, of ${show(command)},`, () =>
          decider.decide(command, state.right),
        )
        if (E.isLeft(answer)) return answer.left
      }
      const stored = stateCodec?.encode(state.right)
      return stored !== undefined && E.isLeft(stored)
        ? `the state ${show(state.right)} cannot be stored: ${describeIssues(stored.left)}`
        : undefined
    })
  },
})
