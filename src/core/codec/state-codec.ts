import * as E from 'fp-ts/Either'
import type { Type } from 'io-ts'
import { plainCopy } from '../canonical-json'
import { type Issue, issuesOf } from '../issue'
import type { Json } from '../json'
import { fitsReading, unchangedCopy } from './io-ts-fast-path'
import { codecMismatch } from './codec-mismatch'
import { type Fields, recordCodec, type RecordOf } from './fields'
import { writtenJson } from './personal'
import { definedFields } from './typed-data'
import { codecOf, isSchema, type Schema, type ValueOf } from './schema'

/** How a state is stored in a snapshot. A snapshot of another schema version is never read. */
export interface StateCodec<State> {
  /** Raise it whenever the shape or the meaning of the state changes: old snapshots are then ignored. */
  readonly schemaVersion: number
  /** Writes a state, to be stored. Fails with the issues of one that does not match, or is not storable JSON. */
  readonly encode: (state: State) => E.Either<ReadonlyArray<Issue>, Json>
  /** Reads a state that was stored. Fails with the issues of what does not match. */
  readonly decode: (stored: unknown) => E.Either<ReadonlyArray<Issue>, State>
}

/** The shape of a state: its fields, or a schema of the whole. */
export type StateShape = Fields | Schema

/** The states of one shape. */
export type StateIn<Shape> = Shape extends Schema ? ValueOf<Shape> : RecordOf<Shape>

/**
 * The codec of a state, in a snapshot or a document. `decode` and `encode` fail with issues when a state does not
 * match it: a snapshot is then ignored (`SnapshotIgnored`), a document is an `UndecodableDocument`.
 *
 * @param schemaVersion - an integer, 1 or more.
 * @param shape - the fields of the state, or a schema of the whole.
 *
 * @example
 * const balance = stateCodec(1, { balance: WholeNumber })
 */
export const stateCodec = <Shape extends StateShape>(
  schemaVersion: number,
  shape: Shape,
): StateCodec<StateIn<Shape>> =>
  stateCodecOf<StateIn<Shape>>(
    schemaVersion,
    isSchema(shape) ? codecOf(shape) : recordCodec('State', shape),
  )

const stateCodecOf = <State>(
  schemaVersion: number,
  codec: Type<State, unknown>,
): StateCodec<State> => {
  const [reads, unchanged] = [fitsReading(codec), unchangedCopy(codec)]
  return {
    schemaVersion,
    encode: (state) => {
      const copy = unchanged(state)
      if (copy !== undefined) return E.right(plainCopy(copy))
      const written = writtenJson(plainCopy(definedFields(codec.encode(state))))
      if (E.isLeft(written)) return written
      const { data, plain } = written.right
      return codec.is(state) ? E.right(data) : E.left(codecMismatch(codec, plain))
    },
    decode: (stored) => {
      if (reads(stored)) return E.right(stored)
      const decoded = codec.decode(stored)
      return E.isLeft(decoded) ? E.left(issuesOf(decoded.left)) : decoded
    },
  }
}
