import * as E from 'fp-ts/Either'
import type { Type } from 'io-ts'
import { type Issue, issuesOf } from '../issue'
import type { Json } from '../json'

/** Why a value must not be stored: its codec would not decode what it has encoded. */
export const codecMismatch = <Value>(
  codec: Type<Value, unknown>,
  written: Json,
): ReadonlyArray<Issue> => {
  const decoded = codec.decode(written)
  return E.isLeft(decoded)
    ? issuesOf(decoded.left)
    : [{ path: '', message: `not a valid ${codec.name}` }]
}
