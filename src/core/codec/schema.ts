import type { Mixed } from 'io-ts'
import { fromSchema, type StandardSchema } from './standard-schema'

/** How one value is described: an io-ts codec, or a {@link StandardSchema} of zod, valibot, arktype or others. */
export type Schema = Mixed | StandardSchema<unknown>

/** The values of a {@link Schema}. */
export type ValueOf<Described> = Described extends { readonly _A: infer Value }
  ? Value
  : Described extends StandardSchema<infer Value>
    ? Value
    : never

const isStandard = (value: object): value is StandardSchema<unknown> => '~standard' in value

const isCodec = (value: object): boolean =>
  'name' in value &&
  typeof value.name === 'string' &&
  'validate' in value &&
  typeof value.validate === 'function'

/** Whether `value` is a schema, and not a record of them. */
export const isSchema = (value: unknown): value is Schema =>
  ((typeof value === 'object' && value !== null) || typeof value === 'function') &&
  (isStandard(value) || isCodec(value))

/** The io-ts codec of a schema: itself, if it is one. */
export const codecOf = (schema: Schema): Mixed => (isStandard(schema) ? fromSchema(schema) : schema)
