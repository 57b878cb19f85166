import type fc from 'fast-check'
import * as E from 'fp-ts/Either'
import { oneOf } from '../../core/codec/command-codec'
import { arbitraryFromCodec } from '../arbitrary-from-codec'
import type { FastCheck } from '../fast-check'
import type { DeciderCheck } from './decider-check'
import type { Story } from './law'

const MOST_COMMANDS = 12
const MOST_EVENTS = 8

type Arbitraries<Word> = E.Either<string, fc.Arbitrary<Word>>

const commandsOf = <Command, State, Event, Rejection>({
  commands,
  codecs,
  arbitraries,
}: DeciderCheck<Command, State, Event, Rejection>): Arbitraries<Command> => {
  if (commands !== undefined) return E.right(commands)
  const shape = codecs?.commands?.shape
  return shape === undefined
    ? E.left('give `commands`, or a command codec to derive them from')
    : arbitraryFromCodec(shape, arbitraries)
}

const eventsOf = <Command, State, Event, Rejection>({
  events,
  codecs,
  arbitraries,
}: DeciderCheck<Command, State, Event, Rejection>): Arbitraries<Event> | undefined => {
  if (events !== undefined) return E.right(events)
  const shapes = codecs?.events?.shapes
  return shapes === undefined
    ? undefined
    : arbitraryFromCodec(oneOf(Object.values(shapes)), arbitraries)
}

/** An arbitrary of scenarios for the decider, or why there is none. */
export const scenariosOf = <Command, State, Event, Rejection>(
  fastCheck: FastCheck,
  check: DeciderCheck<Command, State, Event, Rejection>,
): E.Either<string, fc.Arbitrary<Story<Command, Event>>> => {
  const commands = commandsOf(check)
  if (E.isLeft(commands)) return commands
  const maxLength = MOST_COMMANDS
  const lives = fastCheck.array(commands.right, { maxLength })
  const events = eventsOf(check)
  if (events === undefined) {
    return E.right(fastCheck.record({ commands: lives, events: fastCheck.constant([]) }))
  }
  if (E.isLeft(events)) return events
  return E.right(
    fastCheck.record({
      commands: lives,
      events: fastCheck.array(events.right, { maxLength: MOST_EVENTS }),
    }),
  )
}
