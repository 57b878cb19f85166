import * as E from 'fp-ts/Either'
import { runCommands, runCommandsFrom } from '../../core/algebra/run'
import type { Boundary } from '../../core/boundary'
import { type BoundaryQuery, matches, queryProblem } from '../../core/boundary-query'
import { type Decider, replay, replayFrom } from '../../core/decider'
import { streamIdError } from '../../core/stream'
import { MOST_TAGS, sortedTags, tagsProblem } from '../../core/tags'
import { attempt, type DeciderLaw, firstProblem } from './law'
import { difference, show } from './show-difference'

/** What of a boundary its laws are about, beside its decider. */
export type BoundaryParts<Command, Event> = Pick<
  Boundary<Command, never, Event, never>,
  'events' | 'query' | 'tags' | 'home'
>

/** The events of a history that a query names. */
export const matchingEvents = <Event>(
  { events: codec, tags }: Pick<BoundaryParts<never, Event>, 'events' | 'tags'>,
  query: BoundaryQuery,
  history: ReadonlyArray<Event>,
): ReadonlyArray<Event> =>
  history.filter((event) => matches(query, codec.typeOf(event), tags(event)))

/** Events as they are stored: those of one home after those of another, in the order of the homes. */
export const inStoredOrder = <Event>(
  { home }: Pick<BoundaryParts<never, Event>, 'home'>,
  events: ReadonlyArray<Event>,
): ReadonlyArray<Event> =>
  events.toSorted((left, right) => {
    const [one, other] = [home(left), home(right)]
    return one < other ? -1 : one > other ? 1 : 0
  })

/** `query`, `tags` and `home` give what a store takes. */
export const storable = <Command, State, Event, Rejection>(
  decider: Decider<Command, State, Event, Rejection>,
  { query, tags, home }: BoundaryParts<Command, Event>,
): DeciderLaw<Command, Event> => ({
  name: 'query, tags and home are valid',
  meaning:
    'each command has a valid query; each decided event valid tags, and a stream for its home',
  problem: ({ commands }) =>
    firstProblem(commands, (command) => {
      const asked = attempt('query', () => queryProblem(query(command)))
      const problem = E.isLeft(asked) ? asked.left : asked.right
      return problem === undefined ? undefined : `${show(command)}: ${problem}`
    }) ??
    firstProblem(runCommands(decider, commands).events, (event) => {
      const tagged = attempt('tags', () => {
        const sorted = sortedTags(tags(event))
        return sorted.length < MOST_TAGS
          ? tagsProblem(sorted)
          : `it has ${sorted.length} tags; the limit of a boundary is ${MOST_TAGS - 1}`
      })
      const homed = attempt('home', () => streamIdError(home(event))?.message)
      const problem =
        (E.isLeft(tagged) ? tagged.left : tagged.right) ??
        (E.isLeft(homed) ? homed.left : homed.right)
      return problem === undefined ? undefined : `${show(event)}: ${problem}`
    }),
})

/** Events that no item of the query matches do not change the decision. */
export const looksAtItsQuery = <Command, State, Event, Rejection>(
  decider: Decider<Command, State, Event, Rejection>,
  boundary: BoundaryParts<Command, Event>,
): DeciderLaw<Command, Event> => ({
  name: 'decide looks only at what its query names',
  meaning: 'events that the query of the command does not match do not change the decision on it',
  problem: ({ commands, events }) => {
    const history = [...runCommands(decider, commands).events, ...events]
    return firstProblem(
      [...history, undefined].map((_, cut) => history.slice(0, cut)),
      (past) =>
        firstProblem(commands, (command) => {
          const named = matchingEvents(boundary, boundary.query(command), past)
          return difference(
            `deciding ${show(command)} after ${show(past)} instead of ${show(named)}`,
            decider.decide(command, replay(decider, past)),
            decider.decide(command, replay(decider, named)),
          )
        }),
    )
  },
})

/** The order in which the events of several homes are stored makes no other state than that of the decision. */
export const anyOrderOfHomes = <Command, State, Event, Rejection>(
  decider: Decider<Command, State, Event, Rejection>,
  boundary: BoundaryParts<Command, Event>,
): DeciderLaw<Command, Event> => ({
  name: 'homes in any order',
  meaning:
    'the events of a decision give the same state in the order of their homes, as they are stored',
  problem: ({ commands }) => {
    let state = decider.initialState
    return firstProblem(commands, (command) => {
      const { events } = runCommandsFrom(decider, state, [command])
      const stored = inStoredOrder(boundary, events)
      const problem = difference(
        `the state after ${show(command)}, with its events as they are stored`,
        replayFrom(decider, state, stored),
        replayFrom(decider, state, events),
      )
      state = replayFrom(decider, state, events)
      return problem
    })
  },
})
