import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import { type PersonalField, personalRecordType, personalType } from './personal'
import { codecOf, isSchema, type Schema, type ValueOf } from './schema'

/** A field that may be missing. */
export interface OptionalField<Described extends Schema | PersonalField<Schema, unknown>> {
  readonly _tag: 'OptionalField'
  readonly schema: Described
}

/** What describes one field of a record. */
export type Field =
  Schema | PersonalField<Schema, unknown> | OptionalField<Schema | PersonalField<Schema, unknown>>

/** The fields of a record. A field whose schema accepts `undefined` may be missing, too. */
export type Fields = Readonly<Record<string, Field>>

/**
 * A field that may be missing. One that is `undefined` counts as missing: it is not stored.
 *
 * @example
 * events({ GiftCardRedeemed: { amount: WholeNumber, note: optional(t.string) } })
 */
export const optional = <Described extends Schema | PersonalField<Schema, unknown>>(
  schema: Described,
): OptionalField<Described> => ({ _tag: 'OptionalField', schema })

/** The values of a {@link Field} that is there. */
export type FieldValue<Declared> =
  Declared extends OptionalField<infer Described> ? PresentValue<Described> : PresentValue<Declared>

/** The values of a field, optional or not, that is there. */
export type PresentValue<Declared> =
  Declared extends PersonalField<infer Described, infer Placeholder>
    ? ValueOf<Described> | Placeholder
    : ValueOf<Declared>

/** The names of the fields that may be missing. */
export type OptionalKeys<Declared> = {
  readonly [Key in keyof Declared]: Declared[Key] extends OptionalField<
    Schema | PersonalField<Schema, unknown>
  >
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

type Optional = Extract<Field, { readonly _tag: 'OptionalField' }>

const isOptional = (field: Field): field is Optional =>
  !isSchema(field) && field._tag === 'OptionalField'

const isPersonal = (
  field: Schema | PersonalField<Schema, unknown>,
): field is PersonalField<Schema, unknown> => !isSchema(field)

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
  const sealed = new Map<string, PersonalField<Schema, unknown>>()
  for (const [key, field] of Object.entries(fields)) {
    const declared = isOptional(field) ? field.schema : field
    if (isPersonal(declared)) sealed.set(key, declared)
    const codec = isPersonal(declared) ? personalType(declared) : codecOf(declared)
    const props = isOptional(field) || givesUndefined(codec) ? missing : required
    props[key] = codec
  }
  const whole =
    Object.keys(missing).length === 0
      ? t.strict(required, name)
      : t.exact(t.intersection([t.type(required), t.partial(missing)], name), name)
  return sealed.size === 0 ? whole : personalRecordType(whole, sealed)
}

/**
 * The codec of a record with these fields and no others, for a value inside of an event, a command or a state: for a list of
 * records whose fields are personal or optional, say.
 *
 * @example
 * const Name = personal((guest: { readonly guestId: string }) => guest.guestId, t.string)
 * const Guest = record('Guest', { guestId: t.string, name: Name })
 * events({ RoomBooked: { guests: t.readonlyArray(Guest) } })
 */
export const record = <Declared extends Fields>(
  name: string,
  fields: Declared,
): t.Type<RecordOf<Declared>, unknown> => recordCodec(name, fields)
