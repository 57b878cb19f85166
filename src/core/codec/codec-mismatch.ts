import * as E from 'fp-ts/Either'
import type { Type } from 'io-ts'
import { type Issue, issuesOf, fieldOf } from '../issue'
import type { Json } from '../json'
import { shapeOf } from './record-shape'
import { isSchemaType } from './standard-schema'

/** Why a value must not be stored: its codec would not decode what it has encoded, or not as it is. */
export const codecMismatch = <Value>(
  codec: Type<Value, unknown>,
  written: Json,
): ReadonlyArray<Issue> => {
  const decoded = codec.decode(written)
  if (E.isLeft(decoded)) return issuesOf(decoded.left)
  const wrong = shapeOf(codec)?.fields.find(
    ({ name, codec: field }) => isSchemaType(field) && !field.is(fieldOf(written, name)),
  )
  return wrong !== undefined || isSchemaType(codec)
    ? [{ path: wrong?.name ?? '', message: TRANSFORMED }]
    : [{ path: '', message: `not a valid ${codec.name}` }]
}

const TRANSFORMED =
  'its schema would read another value than the one that is stored: a schema of stored data must give what it is given'
