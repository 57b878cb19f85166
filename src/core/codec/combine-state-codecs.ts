import * as E from 'fp-ts/Either'
import { keysOf, traverseKeys } from '../algebra/keyed'
import { type Issue, fieldOf, issuesUnder } from '../issue'
import type { Json } from '../json'
import type { StateCodec } from './state-codec'

/** A state codec for every part of a combination. */
export type StateCodecs<States> = { readonly [Key in keyof States]: StateCodec<States[Key]> }

/**
 * The state codec of `combine` (and, with the keys `process` and `decider`, of `drive`). Each part's
 * state is stored with the schema version of its own codec. All of them must be current: raising the
 * version of one part makes all snapshots of the whole be ignored.
 *
 * Its functions fail with the issues of the parts' codecs.
 *
 * @example
 * const bankState = combineStateCodecs({ account: accountState, transfer: transferState })
 */
export const combineStateCodecs = <States extends object>(
  codecs: StateCodecs<States>,
): StateCodec<States> => {
  const keys = keysOf(codecs)
  return {
    schemaVersion: keys.reduce((sum, key) => sum + codecs[key].schemaVersion - 1, 1),
    encode: (states) =>
      traverseKeys<typeof codecs, Record<keyof States, Json>, ReadonlyArray<Issue>>(
        codecs,
        (key) => {
          const { schemaVersion, encode } = codecs[key]
          const state = encode(states[key])
          return E.isLeft(state)
            ? E.left(issuesUnder(key, state.left))
            : E.right({ schemaVersion, state: state.right })
        },
      ),
    decode: (stored) =>
      traverseKeys<typeof codecs, States, ReadonlyArray<Issue>>(codecs, (key) => {
        const { schemaVersion, decode } = codecs[key]
        const part = fieldOf(stored, key)
        if (fieldOf(part, 'schemaVersion') !== schemaVersion) {
          return E.left([{ path: key, message: `has no state of schema version ${schemaVersion}` }])
        }
        const state = decode(fieldOf(part, 'state'))
        return E.isLeft(state) ? E.left(issuesUnder(`${key}.state`, state.left)) : state
      }),
  }
}
