import * as E from 'fp-ts/Either'
import type { Any, Type } from 'io-ts'
import { type Issue, issuesOf, fieldOf } from '../issue'
import type { Json } from '../json'
import { propertyOf } from '../owns'
import { type Field, shapeOf } from './record-shape'
import { isSchemaType, isUnchanged, keepsScalar } from './standard-schema'

/**
 * Whether a codec has written a value and read it back as it must be: the value is one of its own, and its schemas have given
 * for it what they give again. They have been called for both, so they are not called once more.
 */
export type Verifies = (value: unknown, written: unknown, read: unknown) => boolean

/** As io-ts checks one key of a record. */
const isField = ({ name, codec, required }: Field, value: unknown): boolean => {
  const inner = propertyOf(value, name)
  if (inner !== undefined) return codec.is(inner)
  const isThere = typeof value === 'object' && value !== null && Object.hasOwn(value, name)
  return !required || (isThere && codec.is(undefined))
}

/** How a codec is checked after it has written a value and read it back. */
export const verifying = (codec: Any): Verifies => {
  if (keepsScalar(codec) !== undefined) return (_value, written, read) => isUnchanged(written, read)
  const fields = shapeOf(codec)?.fields ?? []
  const isSchema = fields.map((field) => keepsScalar(field.codec) !== undefined)
  if (!isSchema.includes(true)) return (value) => codec.is(value)
  return (value, written, read) =>
    fields.every((field, index) =>
      isSchema[index] === true
        ? isUnchanged(fieldOf(written, field.name), fieldOf(read, field.name))
        : isField(field, value),
    )
}

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
