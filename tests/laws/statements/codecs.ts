import * as E from 'fp-ts/Either'
import fc from 'fast-check'
import * as t from 'io-ts'
import { deepStrictEqual, notStrictEqual, strictEqual } from 'node:assert/strict'
import {
  commandCodec,
  type eventCodec,
  eventCodec as plainEventCodec,
  eventType,
  stateCodec,
} from 'reprise/codec'
import {
  type combineCommandCodecs,
  type combineEventCodecs,
  type combineStateCodecs,
  type manyCommandCodec,
  type manyEventCodec,
  type manyStateCodec,
} from 'reprise/algebra'
import { type JsonObject } from 'reprise/adapter'
import { type Law, law } from '../support/law'
import {
  At,
  atState,
  command,
  Do,
  doCommands,
  Done,
  doneEvents,
  event,
  key,
} from '../support/machine'

/** The codecs of combinations, or broken ones. */
export interface Codecs {
  readonly eventCodec: typeof eventCodec
  readonly combineCommandCodecs: typeof combineCommandCodecs
  readonly combineEventCodecs: typeof combineEventCodecs
  readonly combineStateCodecs: typeof combineStateCodecs
  readonly manyCommandCodec: typeof manyCommandCodec
  readonly manyEventCodec: typeof manyEventCodec
  readonly manyStateCodec: typeof manyStateCodec
}

const side = fc.constantFrom('left' as const, 'right' as const)
const state = fc.nat().map((at) => ({ at }))
const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
const right = <Value>(result: E.Either<unknown, Value>): Value => {
  if (E.isLeft(result)) throw new Error(`expected a right, got ${JSON.stringify(result.left)}`)
  return result.right
}
const steps = fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 5 })
const addTo =
  (by: number) =>
  (data: JsonObject): JsonObject => ({ kind: Number(data['kind']) * 2 + by })

export const codecLaws = (of: Codecs): ReadonlyArray<Law> => [
  law(
    'upcasting: a chain = one jump',
    'step by step from any old version, or in one step: the event is the same',
    [steps, event, fc.nat({ max: 5 })],
    (by, { kind }, start) => {
      const chain = of.eventCodec<Done>({ Done: eventType(Done, by.map(addTo)) })
      const from = Math.min(start, by.length)
      const jump = plainEventCodec<Done>({
        Done: eventType(Done, [
          (data) => by.slice(from).reduce((older, each) => addTo(each)(older), data),
        ]),
      })
      const old = { type: 'Done', data: { kind } }
      deepStrictEqual(
        chain.decode({ ...old, schemaVersion: from + 1 }),
        jump.decode({ ...old, schemaVersion: 1 }),
      )
    },
  ),
  law(
    'combineEventCodecs: round trip',
    'what is written is read again, under the key and the type of its part',
    [side, event],
    (at, inner) => {
      const codec = of.combineEventCodecs({ left: doneEvents, right: doneEvents })
      const encoded = right(codec.encode({ key: at, event: inner }))
      strictEqual(encoded.type, `${at}/Done`)
      strictEqual(codec.typeOf({ key: at, event: inner }), encoded.type)
      deepStrictEqual(
        codec.decode({ ...encoded, data: encoded.data }),
        E.right({ key: at, event: inner }),
      )
      deepStrictEqual(encoded.data, right(doneEvents.encode(inner)).data)
    },
  ),
  law(
    'combineEventCodecs: associativity',
    'a combination in a combination is stored under both keys, and read again',
    [side, event],
    (at, inner) => {
      const sides = of.combineEventCodecs({ left: doneEvents, right: doneEvents })
      const codec = of.combineEventCodecs({ sides, other: doneEvents })
      const whole = { key: 'sides' as const, event: { key: at, event: inner } }
      const encoded = right(codec.encode(whole))
      strictEqual(encoded.type, `sides/${at}/Done`)
      deepStrictEqual(codec.decode(encoded), E.right(whole))
    },
  ),
  law(
    'combineCommandCodecs: round trip',
    "a command is checked by its own part's codec, and comes out as it went in",
    [side, command],
    (at, inner) => {
      const Redo = t.strict({ type: t.literal('Redo') })
      const redo = commandCodec<t.TypeOf<typeof Redo>>({ Redo })
      const codec = of.combineCommandCodecs({ left: doCommands, right: redo })
      const input = throughJson({ key: at, command: inner })
      const decoded = codec.decode(input)
      if (at === 'left') deepStrictEqual(decoded, E.right(input))
      else strictEqual(E.isLeft(decoded), true)
      deepStrictEqual(
        codec.encode({ key: 'left', command: inner }),
        E.right({ key: 'left', command: inner }),
      )
    },
  ),
  law(
    'combineStateCodecs: round trip',
    'a snapshot of the whole is read again, and is stale as soon as one part is',
    [state, state],
    (left, other) => {
      const codec = of.combineStateCodecs({ left: atState, right: atState })
      const newer = of.combineStateCodecs({ left: atState, right: stateCodec(2, At) })
      const stored = throughJson(right(codec.encode({ left, right: other })))
      deepStrictEqual(codec.decode(stored), E.right({ left, right: other }))
      strictEqual(E.isLeft(newer.decode(stored)), true)
      notStrictEqual(newer.schemaVersion, codec.schemaVersion)
    },
  ),
  law(
    'manyEventCodec, manyCommandCodec: round trip',
    'the key travels with the data, and the stored type stays that of the one event',
    [key, event, command],
    (at, inner, sent) => {
      const encoded = right(of.manyEventCodec(doneEvents).encode({ key: at, event: inner }))
      strictEqual(encoded.type, 'Done')
      deepStrictEqual(
        of.manyEventCodec(doneEvents).decode(encoded),
        E.right({ key: at, event: inner }),
      )
      const input = throughJson({ key: at, command: sent })
      deepStrictEqual(of.manyCommandCodec(doCommands).decode(input), E.right(input))
      deepStrictEqual(
        of.manyCommandCodec(doCommands).encode({ key: at, command: sent }),
        E.right(input),
      )
    },
  ),
  law(
    'manyStateCodec: round trip',
    'a snapshot of many is read again, whatever the keys are called',
    [fc.array(fc.tuple(key, state))],
    (entries) => {
      const states = Object.fromEntries(entries)
      const codec = of.manyStateCodec(atState)
      const stored = throughJson(right(codec.encode(states)))
      deepStrictEqual(codec.decode(stored), E.right(states))
    },
  ),
  law(
    'codecs: shapes',
    'the shape of a codec knows what the codec knows',
    [key, event, command],
    (at, inner, sent) => {
      strictEqual(
        of.combineEventCodecs({ a: doneEvents }).shapes?.['a/Done']?.is({ key: 'a', event: inner }),
        true,
      )
      strictEqual(
        of.combineCommandCodecs({ a: doCommands }).shape?.is({ key: 'b', command: sent }),
        false,
      )
      strictEqual(
        of.manyEventCodec(doneEvents).shapes?.['Done']?.is({ key: at, event: inner }),
        true,
      )
      strictEqual(Do.is(sent), true)
    },
  ),
]
