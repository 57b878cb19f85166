import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import type { ManyCommand, ManyEvent, StateByKey } from '../algebra/many'
import { type Issue, preview, fieldOf, issuesUnder } from '../issue'
import { type Json, toJson, toJsonObject } from '../json'
import type { CommandCodec } from './command-codec'
import { type EventCodec, roundTripOf } from './event-codec'
import type { StateCodec } from './state-codec'

const checkKey = (key: string): E.Either<ReadonlyArray<Issue>, Json> => {
  const json = toJson(key)
  return E.isLeft(json) ? E.left(issuesUnder('key', json.left)) : json
}

// A key that cannot be stored is rejected with the command, and not only when an event is appended.
const readKey = (input: unknown): E.Either<ReadonlyArray<Issue>, string> => {
  const key = fieldOf(input, 'key')
  if (typeof key !== 'string') {
    return E.left([{ path: 'key', message: `expected a string, got ${preview(key)}` }])
  }
  const json = checkKey(key)
  return E.isLeft(json) ? json : E.right(key)
}

/**
 * The command codec of `many`: a command with its key. Its functions fail with the issues of `codec`, and for a key that
 * is not storable text.
 *
 * @example
 * const accountsCommands = manyCommandCodec(accountCommands)
 */
export const manyCommandCodec = <Command>(
  codec: CommandCodec<Command>,
): CommandCodec<ManyCommand<Command>> => ({
  ...(codec.shape === undefined
    ? {}
    : { shape: t.strict({ key: t.string, command: codec.shape }) }),
  encode: ({ key, command }) => {
    const json = checkKey(key)
    if (E.isLeft(json)) return json
    const encoded = codec.encode(command)
    return E.isLeft(encoded)
      ? E.left(issuesUnder('command', encoded.left))
      : E.right({ key: json.right, command: encoded.right })
  },
  decode: (input) => {
    const key = readKey(input)
    if (E.isLeft(key)) return key
    const command = codec.decode(fieldOf(input, 'command'))
    return E.isLeft(command)
      ? E.left(issuesUnder('command', command.left))
      : E.right({ key: key.right, command: command.right })
  },
})

/**
 * The event codec of `many`. Type and schema version are those of the inner event; the key is stored in
 * the data, as `{ key, event }`.
 *
 * Its functions fail with the issues of `codec`, and for a key that is not storable text.
 *
 * @example
 * const accountsEvents = manyEventCodec(accountEvents)
 */
export const manyEventCodec = <Event>(codec: EventCodec<Event>): EventCodec<ManyEvent<Event>> => ({
  schemaVersions: codec.schemaVersions,
  ...(codec.shapes === undefined
    ? {}
    : {
        shapes: Object.fromEntries(
          Object.entries(codec.shapes).map(([type, event]) => [
            type,
            t.strict({ key: t.string, event }),
          ]),
        ),
      }),
  typeOf: ({ event }) => codec.typeOf(event),
  encode: ({ key, event }) => {
    const json = checkKey(key)
    if (E.isLeft(json)) return json
    const encoded = codec.encode(event)
    return E.isLeft(encoded)
      ? E.left(issuesUnder('event', encoded.left))
      : E.right({ ...encoded.right, data: { key: json.right, event: encoded.right.data } })
  },
  roundTrip: ({ key, event }) => {
    const json = checkKey(key)
    if (E.isLeft(json)) return json
    const written = roundTripOf(codec, event)
    if (E.isLeft(written)) return E.left(issuesUnder('event', written.left))
    const { encoded, event: read } = written.right
    return E.right({
      encoded: { ...encoded, data: { key: json.right, event: encoded.data } },
      event: { key, event: read },
    })
  },
  decode: (stored) => {
    const key = readKey(stored.data)
    if (E.isLeft(key)) return key
    const data = toJsonObject(stored.data['event'])
    if (E.isLeft(data)) return E.left(issuesUnder('event', data.left))
    const event = codec.decode({ ...stored, data: data.right })
    return E.isLeft(event)
      ? E.left(issuesUnder('event', event.left))
      : E.right({ key: key.right, event: event.right })
  },
})

/**
 * The state codec of `many`, `manyBy` and `eachBy`: the states by their keys, at the schema version of `codec`. Its
 * functions fail with the issues of `codec`.
 *
 * @example
 * const accountsState = manyStateCodec(accountState)
 */
export const manyStateCodec = <State>(codec: StateCodec<State>): StateCodec<StateByKey<State>> => ({
  schemaVersion: codec.schemaVersion,
  encode: (states) => {
    const entries: Array<readonly [string, Json]> = []
    for (const [key, state] of Object.entries(states)) {
      const json = checkKey(key)
      if (E.isLeft(json)) return json
      const encoded = codec.encode(state)
      if (E.isLeft(encoded)) return E.left(issuesUnder(key, encoded.left))
      entries.push([key, encoded.right])
    }
    return E.right(Object.fromEntries(entries))
  },
  decode: (stored) => {
    if (typeof stored !== 'object' || stored === null || Array.isArray(stored)) {
      return E.left([{ path: '', message: `expected a record, got ${preview(stored)}` }])
    }
    const entries: Array<readonly [string, State]> = []
    for (const [key, inner] of Object.entries(stored)) {
      const state = codec.decode(inner)
      if (E.isLeft(state)) return E.left(issuesUnder(key, state.left))
      entries.push([key, state.right])
    }
    return E.right(Object.fromEntries(entries))
  },
})
