import fc from 'fast-check'
import { deepStrictEqual, strictEqual } from 'node:assert/strict'
import { stateCodec } from 'reprise/codec'
import { type sideBySide, type eachBy, type mapViewEvent } from 'reprise/algebra'
import * as E from 'fp-ts/Either'
import { path } from '../support/behaviour'
import { type Law, law } from '../support/law'
import { At, type Done, deciders, event, events, key, views } from '../support/machine'

/** The combinators of views, or broken ones. */
export interface ViewCombinators {
  readonly mapViewEvent: typeof mapViewEvent
  readonly sideBySide: typeof sideBySide
  readonly eachBy: typeof eachBy
}

const same = <Value>(value: Value): Value => value
const selection = fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }).map(
  (keep) =>
    (each: Done): Done | undefined =>
      keep[each.kind] === true ? each : undefined,
)
const keyed = fc.array(fc.record({ id: fc.option(key, { nil: undefined }), event }), {
  maxLength: 10,
})
type Keyed = { readonly id: string | undefined; readonly event: Done }

export const viewLaws = (of: ViewCombinators): ReadonlyArray<Law> => [
  law(
    'mapViewEvent: identity',
    'selecting every event changes nothing',
    [views, events],
    (view, replayed) => {
      deepStrictEqual(path(of.mapViewEvent(same<Done>)(view), replayed), path(view, replayed))
    },
  ),
  law(
    'mapViewEvent: composition',
    'selecting twice is selecting by both',
    [views, events, selection, selection],
    (view, replayed, outer, inner) => {
      const twice = of.mapViewEvent(outer)(of.mapViewEvent(inner)(view))
      const once = of.mapViewEvent((each: Done) => {
        const middle = outer(each)
        return middle === undefined ? undefined : inner(middle)
      })(view)
      deepStrictEqual(path(twice, replayed), path(once, replayed))
    },
  ),
  law(
    'mapViewEvent: foreign events',
    'an event that is not selected leaves the very same state',
    [views, events, selection],
    (view, replayed, select) => {
      const states = path(of.mapViewEvent(select)(view), replayed)
      replayed.forEach((each, index) => {
        if (select(each) === undefined) strictEqual(states[index + 1], states[index])
      })
      const ours = replayed.filter((each) => select(each) !== undefined)
      deepStrictEqual(states.at(-1), path(view, ours).at(-1))
    },
  ),
  law(
    'sideBySide: independence',
    'every part receives every event, and behaves as it would alone',
    [views, views, events],
    (left, right, replayed) => {
      const states = path(of.sideBySide({ left, right }), replayed)
      deepStrictEqual(
        states.map((state) => state.left),
        path(left, replayed),
      )
      deepStrictEqual(
        states.map((state) => state.right),
        path(right, replayed),
      )
    },
  ),
  law(
    'sideBySide: unit',
    'combined with no view at all, a view is as it was',
    [views, events],
    (only, replayed) => {
      const none = of.sideBySide<object, Done>({})
      const states = path(of.sideBySide({ only, none }), replayed)
      deepStrictEqual(
        states.map((state) => state.only),
        path(only, replayed),
      )
    },
  ),
  law(
    'sideBySide: associativity',
    'it does not matter which two are put together first',
    [views, views, views, events],
    (a, b, c, replayed) => {
      const flat = path(of.sideBySide({ a, b, c }), replayed)
      const left = path(of.sideBySide({ ab: of.sideBySide({ a, b }), c }), replayed)
      const right = path(of.sideBySide({ a, bc: of.sideBySide({ b, c }) }), replayed)
      deepStrictEqual(
        left.map(({ ab, c: last }) => ({ ...ab, c: last })),
        flat,
      )
      deepStrictEqual(
        right.map(({ a: first, bc }) => ({ a: first, ...bc })),
        flat,
      )
    },
  ),
  law(
    'eachBy: each key alone',
    'each key sees its own events, and an event about nothing changes nothing',
    [views, keyed, key],
    (view, mixed, own) => {
      const inner = of.mapViewEvent((each: Keyed) => each.event)(view)
      const states = path(of.eachBy((each: Keyed) => each.id)(inner), mixed)
      const alone = path(
        view,
        mixed.filter(({ id }) => id === own).map((each) => each.event),
      )
      const last = states.at(-1)!
      deepStrictEqual(Object.hasOwn(last, own) ? last[own] : view.initialState, alone.at(-1))
      mixed.forEach(({ id }, index) => {
        if (id === undefined) strictEqual(states[index + 1], states[index])
      })
    },
  ),
  law(
    'eachBy: several keys',
    'an event about several things is seen once by each of them',
    [
      views,
      fc.array(fc.record({ ids: fc.array(key, { maxLength: 3 }), event }), { maxLength: 10 }),
      key,
    ],
    (view, mixed, own) => {
      type About = { readonly ids: ReadonlyArray<string>; readonly event: Done }
      const inner = of.mapViewEvent((each: About) => each.event)(view)
      const last = path(of.eachBy((each: About) => each.ids)(inner), mixed).at(-1)!
      const alone = path(
        view,
        mixed.filter(({ ids }) => ids.includes(own)).map((each) => each.event),
      )
      deepStrictEqual(Object.hasOwn(last, own) ? last[own] : view.initialState, alone.at(-1))
    },
  ),
  law(
    'a decider is a view',
    "its evolve is reused as it is, and gives the decider's own states",
    [deciders, events],
    (decider, replayed) => {
      deepStrictEqual(
        path(of.sideBySide({ decider }), replayed).map((state) => state.decider),
        path(decider, replayed),
      )
    },
  ),
  law(
    'projection: inline = asynchronous = rebuilt',
    'event by event, in batches from a stored state, or all over again: the read model is the same',
    [views, events, fc.array(fc.nat({ max: 3 }), { maxLength: 8 })],
    (view, replayed, sizes) => {
      const both = of.sideBySide({ view })
      const inline = path(both, replayed).at(-1)!.view
      const codec = stateCodec(1, At)
      let stored: unknown = view.initialState
      let checkpoint = 0
      for (const size of [...sizes, replayed.length]) {
        const read = codec.decode(stored)
        if (E.isLeft(read)) throw new Error('a stored read model must decode')
        const batch = replayed.slice(checkpoint, checkpoint + size)
        const next = batch.reduce(both.evolve, { view: read.right })
        const written = codec.encode(next.view)
        if (E.isLeft(written)) throw new Error('a read model must encode')
        stored = JSON.parse(JSON.stringify(written.right))
        checkpoint += batch.length
      }
      const rebuilt = replayed.reduce(view.evolve, view.initialState)
      deepStrictEqual(stored, inline)
      deepStrictEqual(rebuilt, inline)
    },
  ),
]
