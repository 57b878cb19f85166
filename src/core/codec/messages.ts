import * as t from 'io-ts'
import { type Fields, recordCodec, type RecordOf } from './fields'
import { codecOf, isSchema, type Schema, type ValueOf } from './schema'
import type { StandardSchema } from './standard-schema'

/** The shape of one event or command: its fields, or a schema of the whole, its `type` included. */
export type MessageShape<Name> =
  | (Fields & { readonly type?: never })
  | (t.Mixed & { readonly _A: { readonly type: Name } })
  | StandardSchema<{ readonly type: Name }>

/** The messages of one shape. */
export type Message<Name, Shape> = Shape extends Schema
  ? ValueOf<Shape>
  : RecordOf<Shape, { readonly type: Name }>

/** The codec of the messages of one shape. */
export const messageCodec = <Name extends string>(
  name: Name,
  shape: MessageShape<Name>,
): t.Mixed =>
  isSchema(shape) ? codecOf(shape) : recordCodec(name, { type: t.literal(name), ...shape })
