import * as E from 'fp-ts/Either'
import type { Type } from 'io-ts'
import { plainCopy } from '../canonical-json'
import { type Issue, issuesOf } from '../issue'
import { type Json, toJson } from '../json'
import { fitsReading, unchangedCopy } from './io-ts-fast-path'

/** How a state is stored in a snapshot. A snapshot of another schema version is never read. */
export interface StateCodec<State> {
  /** Raise it whenever the shape or the meaning of the state changes: old snapshots are then ignored. */
  readonly schemaVersion: number
  readonly encode: (state: State) => E.Either<ReadonlyArray<Issue>, Json>
  readonly decode: (stored: unknown) => E.Either<ReadonlyArray<Issue>, State>
}

/**
 * A state codec from an io-ts codec. `decode` and `encode` fail with issues when a state does not match it: a
 * snapshot is then ignored (`SnapshotIgnored`), a document is an `UndecodableDocument`.
 *
 * @param schemaVersion - an integer, 1 or more.
 *
 * @example
 * const balance = stateCodec(1, t.strict({ balance: t.number }))
 */
export const stateCodec = <State>(
  schemaVersion: number,
  codec: Type<State, unknown>,
): StateCodec<State> => {
  const [reads, unchanged] = [fitsReading(codec), unchangedCopy(codec)]
  return {
    schemaVersion,
    encode: (state) => {
      const copy = unchanged(state)
      return copy === undefined ? toJson(plainCopy(codec.encode(state))) : E.right(plainCopy(copy))
    },
    decode: (stored) => {
      if (reads(stored)) return E.right(stored)
      const decoded = codec.decode(stored)
      return E.isLeft(decoded) ? E.left(issuesOf(decoded.left)) : decoded
    },
  }
}
