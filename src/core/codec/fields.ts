import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import { codecOf, isSchema, type Schema, type ValueOf } from './schema'

/** A field that may be missing. */
export interface OptionalField<Described extends Schema> {
  readonly _tag: 'OptionalField'
  readonly schema: Described
}

/** What describes one field of a record. */
export type Field = Schema | OptionalField<Schema>

/** The fields of a record. A field whose schema accepts `undefined` may be missing, too. */
export type Fields = Readonly<Record<string, Field>>

/**
 * A field that may be missing. One that is `undefined` counts as missing: it is not stored.
 *
 * @example
 * events({ GiftCardRedeemed: { amount: WholeNumber, note: optional(t.string) } })
 */
export const optional = <Described extends Schema>(
  schema: Described,
): OptionalField<Described> => ({ _tag: 'OptionalField', schema })

/** The values of a {@link Field} that is there. */
export type FieldValue<Declared> =
  Declared extends OptionalField<infer Described> ? ValueOf<Described> : ValueOf<Declared>

/** The names of the fields that may be missing. */
export type OptionalKeys<Declared> = {
  readonly [Key in keyof Declared]: Declared[Key] extends OptionalField<Schema>
    ? Key
    : unknown extends ValueOf<Declared[Key]>
      ? never
      : undefined extends ValueOf<Declared[Key]>
        ? Key
        : never
}[keyof Declared]

/** The records with these {@link Fields}, and with those of `More`. */
export type RecordOf<Declared, More = unknown> = More & {
  readonly [Key in Exclude<keyof Declared, OptionalKeys<Declared>>]: FieldValue<Declared[Key]>
} & {
  readonly [Key in OptionalKeys<Declared>]?: FieldValue<Declared[Key]>
} extends infer Whole // one record, for an editor to show, and not the names of these types
  ? { readonly [Key in keyof Whole]: Whole[Key] }
  : never

const isOptional = (field: Field): field is OptionalField<Schema> => !isSchema(field)

const givesUndefined = (codec: t.Mixed): boolean => {
  const read = E.tryCatch(
    () => codec.decode(undefined),
    () => undefined,
  )
  return E.isRight(read) && E.isRight(read.right) && read.right.right === undefined
}

/** The codec of the records with these fields, and no others: what is not declared is removed. */
export const recordCodec = (name: string, fields: Fields): t.Mixed => {
  const required: t.Props = {}
  const missing: t.Props = {}
  for (const [key, field] of Object.entries(fields)) {
    const codec = codecOf(isOptional(field) ? field.schema : field)
    const props = isOptional(field) || givesUndefined(codec) ? missing : required
    props[key] = codec
  }
  return Object.keys(missing).length === 0
    ? t.strict(required, name)
    : t.exact(t.intersection([t.type(required), t.partial(missing)], name), name)
}
