import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import { isSameJson } from '../fingerprint'
import type { Issue } from '../issue'
import { isPlain, MAXIMUM_DEPTH } from '../json'

/** The answer of a {@link StandardSchema}: the value, or what is wrong with it. */
export type StandardResult<Value> =
  | { readonly value: Value; readonly issues?: undefined }
  | {
      readonly issues: ReadonlyArray<{
        readonly message: string
        readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined
      }>
    }

/**
 * A schema of any library that implements Standard Schema, version 1: zod, valibot, arktype and others. It must
 * be synchronous: a value that it answers with a promise is not valid.
 *
 * Source: https://standardschema.dev, the package `@standard-schema/spec` 1.1.0.
 */
export interface StandardSchema<Value> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<Value> | Promise<StandardResult<Value>>
    readonly types?: { readonly input: unknown; readonly output: Value } | undefined
  }
}

/** An io-ts codec that was made from a {@link StandardSchema}. */
export interface SchemaType<Value> extends t.Type<Value, unknown> {
  readonly _tag: 'SchemaType'
}

export const isSchemaType = (codec: object): codec is SchemaType<unknown> =>
  '_tag' in codec && codec._tag === 'SchemaType'

// By the codec itself: a copy with the same tag may have other functions.
const schemas = new WeakMap<object, StandardSchema<unknown>>()

const ASYNCHRONOUS = 'its schema is asynchronous: only synchronous ones can be used here'

const textOf = (path: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }>): string =>
  path.map((step) => String(typeof step === 'object' ? step.key : step)).join('.')

const validated = <Value>(
  schema: StandardSchema<Value>,
  value: unknown,
): E.Either<ReadonlyArray<Issue>, Value> => {
  const result = schema['~standard'].validate(value)
  if ('then' in result) {
    result.catch(() => undefined) // not awaited: its failure would end the process
    return E.left([{ path: '', message: ASYNCHRONOUS }])
  }
  return result.issues === undefined
    ? E.right(result.value)
    : E.left(result.issues.map(({ message, path = [] }) => ({ path: textOf(path), message })))
}

/**
 * Whether the schema that a codec was made from gives a text, a number, a boolean or a null as it is. `undefined`: it was
 * not made from one.
 */
export const keepsScalar = (codec: object): ((value: unknown) => boolean) | undefined => {
  const schema = schemas.get(codec)
  if (schema === undefined) return undefined
  return (value) => {
    const read = validated(schema, value)
    return E.isRight(read) && Object.is(read.right, value)
  }
}

/** Whether what was written is what was read for it. */
export const isUnchanged = (written: unknown, read: unknown): boolean => {
  const value = defined(read)
  return Object.is(written, value) || isSameJson(written, value)
}

/** A copy of plain records and lists without keys that are `undefined`, which JSON does not have. */
const defined = (value: unknown, depth = 0): unknown => {
  if (typeof value !== 'object' || value === null || depth > MAXIMUM_DEPTH) return value
  if (Array.isArray(value)) return value.map((item) => defined(item, depth + 1))
  if (!isPlain(value)) return value
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined)
  return Object.fromEntries(entries.map(([key, inner]) => [key, defined(inner, depth + 1)]))
}

/**
 * An io-ts codec from a Standard Schema, for an event, a command, a state, or a field of one.
 *
 * A schema only reads. So what is stored is what it gives for the value, and that must be JSON for which it
 * gives the same again. One that trims text or fills in a default does; one that turns text into a date does
 * not: it can validate a command of `handle`, and nothing that is stored.
 *
 * @param name - for messages, and for the arbitraries of `checkDecider`. Omitted: the name of its library.
 *
 * @example
 * const Email = fromSchema(z.email(), 'Email')
 */
export const fromSchema = <Value>(
  schema: StandardSchema<Value>,
  name = schema['~standard'].vendor,
): SchemaType<Value> => {
  const written = (value: unknown) => E.map(defined)(validated(schema, value))

  const is = (value: unknown): value is Value => {
    const once = written(value)
    if (E.isLeft(once)) return false
    const again = written(once.right)
    if (E.isLeft(again)) return false
    return isUnchanged(once.right, again.right)
  }

  const codec: t.Type<Value, unknown> = new t.Type(
    name,
    is,
    (value, context) => {
      const read = validated(schema, value)
      if (E.isRight(read)) return t.success(read.right)
      return t.failures(
        read.left.map(({ path, message }) => ({
          value,
          context: [...context, { key: path, type: codec }],
          message,
        })),
      )
    },
    (value) => E.getOrElse((): unknown => value)(written(value)),
  )
  schemas.set(codec, schema)
  return Object.assign(codec, { _tag: 'SchemaType' } as const)
}
