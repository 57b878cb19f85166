import * as E from 'fp-ts/Either'
import fc from 'fast-check'
import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import type {
  filterCommand,
  Iso,
  mapCommand,
  mapEvent,
  mapRejection,
  mapState,
  Prism,
} from 'reprise/algebra'
import { trace } from '../support/behaviour'
import { type Law, law } from '../support/law'
import {
  type At,
  commands,
  deciders,
  type Do,
  type Done,
  events,
  type No,
} from '../support/machine'

/** The maps, or broken ones. */
export interface Maps {
  readonly mapCommand: typeof mapCommand
  readonly filterCommand: typeof filterCommand
  readonly mapEvent: typeof mapEvent
  readonly mapState: typeof mapState
  readonly mapRejection: typeof mapRejection
}

const numbers = fc.array(fc.nat({ max: 3 }), { minLength: 4, maxLength: 4 })
const translation = numbers.map((to) => (command: Do): Do => ({
  ...command,
  choice: to[command.choice]!,
}))
const selection = fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }).map(
  (keep) =>
    (command: Do): Do | undefined =>
      keep[command.choice] === true ? command : undefined,
)
const rewording = numbers.map((to) => ({ reason }: No) => ({
  _tag: 'No' as const,
  reason: to[reason]!,
}))

interface Envelope<Inner> {
  readonly tag: string
  readonly inner: Inner
}
const tagged = <Inner>(tag: string): Prism<Envelope<Inner>, Inner> => ({
  wrap: (inner) => ({ tag, inner }),
  unwrap: (envelope) => (envelope.tag === tag ? envelope.inner : undefined),
})
const shifted = (by: number): Iso<At, At> => ({
  wrap: ({ at }) => ({ at: at + by }),
  unwrap: ({ at }) => ({ at: at - by }),
})
const boxed = <Inner>(): Iso<{ readonly box: Inner }, Inner> => ({
  wrap: (box) => ({ box }),
  unwrap: ({ box }) => box,
})
const same = <Value>(value: Value): Value => value

export const mapLaws = (maps: Maps): ReadonlyArray<Law> => [
  law(
    'mapCommand: identity',
    'translating nothing changes nothing',
    [deciders, commands],
    (decider, sent) => {
      deepStrictEqual(trace(maps.mapCommand(same<Do>)(decider), sent), trace(decider, sent))
    },
  ),
  law(
    'mapCommand: composition',
    'translating twice is translating once by both',
    [deciders, commands, translation, translation],
    (decider, sent, outer, inner) => {
      const twice = maps.mapCommand(outer)(maps.mapCommand(inner)(decider))
      const once = maps.mapCommand((command: Do) => inner(outer(command)))(decider)
      deepStrictEqual(trace(twice, sent), trace(once, sent))
      deepStrictEqual(trace(once, sent), trace(decider, sent.map(outer).map(inner)))
    },
  ),
  law(
    'filterCommand: selection',
    'a command that is not ours does nothing, and every other one does what it did',
    [deciders, commands, selection],
    (decider, sent, select) => {
      const steps = trace(maps.filterCommand(select)(decider), sent).slice(1)
      const ours = steps.filter((_, index) => select(sent[index]!) !== undefined)
      const others = steps.filter((_, index) => select(sent[index]!) === undefined)
      const alone = trace(
        decider,
        sent.filter((command) => select(command) !== undefined),
      ).slice(1)
      deepStrictEqual(ours, alone)
      for (const { decision } of others) deepStrictEqual(decision, E.right([]))
    },
  ),
  law(
    'filterCommand: composition',
    'filtering twice is filtering by both',
    [deciders, commands, selection, selection],
    (decider, sent, outer, inner) => {
      const twice = maps.filterCommand(outer)(maps.filterCommand(inner)(decider))
      const once = maps.filterCommand((command: Do) =>
        outer(command) === undefined ? undefined : inner(command),
      )(decider)
      deepStrictEqual(trace(twice, sent), trace(once, sent))
    },
  ),
  law(
    'mapEvent: identity',
    'wrapping in nothing changes nothing',
    [deciders, commands],
    (decider, sent) => {
      const mapped = maps.mapEvent<Done, Done>({ wrap: same, unwrap: same })(decider)
      deepStrictEqual(trace(mapped, sent), trace(decider, sent))
    },
  ),
  law(
    'mapEvent: composition',
    'wrapping twice is wrapping once in both, and the states stay the same',
    [deciders, commands],
    (decider, sent) => {
      const inner = tagged<Done>('inner')
      const outer = tagged<Envelope<Done>>('outer')
      const twice = maps.mapEvent(outer)(maps.mapEvent(inner)(decider))
      const once = maps.mapEvent<Envelope<Envelope<Done>>, Done>({
        wrap: (event) => outer.wrap(inner.wrap(event)),
        unwrap: (event) => {
          const middle = outer.unwrap(event)
          return middle === undefined ? undefined : inner.unwrap(middle)
        },
      })(decider)
      deepStrictEqual(trace(twice, sent), trace(once, sent))
      const plain = trace(decider, sent)
      deepStrictEqual(
        trace(once, sent).map(({ state }) => state),
        plain.map(({ state }) => state),
      )
    },
  ),
  law(
    'mapEvent: foreign events',
    'an event that is not ours leaves the very same state',
    [deciders, commands, events],
    (decider, sent, foreign) => {
      const mapped = maps.mapEvent(tagged<Done>('ours'))(decider)
      const { state } = trace(mapped, sent).at(-1)!
      for (const inner of foreign)
        strictEqual(mapped.evolve(state, { tag: 'theirs', inner }), state)
    },
  ),
  law(
    'mapState: identity',
    'keeping the state as it is changes nothing',
    [deciders, commands],
    (decider, sent) => {
      const mapped = maps.mapState<At, At>({ wrap: same, unwrap: same })(decider)
      deepStrictEqual(trace(mapped, sent), trace(decider, sent))
    },
  ),
  law(
    'mapState: composition',
    'changing the form twice is changing it once by both',
    [deciders, commands, fc.nat({ max: 5 }), fc.nat({ max: 5 })],
    (decider, sent, first, second) => {
      const twice = maps.mapState(shifted(second))(maps.mapState(shifted(first))(decider))
      const once = maps.mapState(shifted(first + second))(decider)
      deepStrictEqual(trace(twice, sent), trace(once, sent))
    },
  ),
  law(
    'mapState: reference',
    'an event that changes nothing leaves the very same state in its other form',
    [deciders, events],
    (decider, replayed) => {
      const mapped = maps.mapState(boxed<At>())(decider)
      let state = mapped.initialState
      for (const event of replayed) {
        const next = mapped.evolve(state, event)
        strictEqual(next === state, decider.evolve(state.box, event) === state.box)
        state = next
      }
    },
  ),
  law(
    'mapRejection: identity',
    'rewording nothing changes nothing',
    [deciders, commands],
    (decider, sent) => {
      deepStrictEqual(trace(maps.mapRejection(same<No>)(decider), sent), trace(decider, sent))
    },
  ),
  law(
    'mapRejection: composition',
    'rewording twice is rewording once by both',
    [deciders, commands, rewording, rewording],
    (decider, sent, first, second) => {
      const twice = maps.mapRejection(second)(maps.mapRejection(first)(decider))
      const once = maps.mapRejection((rejection: No) => second(first(rejection)))(decider)
      deepStrictEqual(trace(twice, sent), trace(once, sent))
    },
  ),
]
