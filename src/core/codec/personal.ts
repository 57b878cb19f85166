import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import { isSameJson } from '../fingerprint'
import type { Issue } from '../issue'
import { type Json, type JsonObject, toJson, toJsonObject } from '../json'
import { type Forgotten, forgotten, FORGOTTEN_JSON, isForgotten, revealed } from '../personal'
import { personalValue } from '../personal-value'
import { codecOf, type Schema } from './schema'

/** A field that is personal. */
export interface PersonalField<Described extends Schema, Placeholder = Forgotten> {
  readonly _tag: 'PersonalField'
  readonly schema: Described
  readonly subjectOf: (record: never) => string
  readonly placeholder: Placeholder
}

/**
 * A field that holds personal data. It is stored encrypted with the key of its subject, in events, snapshots, documents and
 * the outbox, by a backend that was opened with `personalData`; every other backend refuses it. After
 * `operator.forgetSubject` it reads as the placeholder, everywhere.
 *
 * A value that does not match its schema is refused without showing it.
 *
 * @param subjectOf - whom it is about: 1 to 255 characters, from the record that the field is in. It is stored as it is, so it
 *   must not be personal itself: `customer-7`, and no mail address.
 * @param schema - of the value.
 * @param placeholder - what is read once the subject is forgotten, JSON. Default {@link forgotten}.
 *
 * @example
 * const registered = personal((event: { readonly customerId: string }) => event.customerId, t.string)
 * const customerEvents = events({ CustomerRegistered: { customerId: t.string, email: registered } })
 */
export const personal = <Described extends Schema, Placeholder = Forgotten>(
  subjectOf: (record: never) => string,
  schema: Described,
  placeholder: Placeholder = forgotten as Placeholder,
): PersonalField<Described, Placeholder> => ({
  _tag: 'PersonalField',
  schema,
  subjectOf,
  placeholder,
})

/** The codec of a personal value, or of the placeholder. */
export interface PersonalType extends t.Type<unknown, unknown> {
  readonly _tag: 'PersonalType'
  readonly type: t.Mixed
}

/** The codec of a record with personal fields. */
export interface PersonalRecordType extends t.Type<unknown, unknown> {
  readonly _tag: 'PersonalRecordType'
  readonly type: t.Mixed
}

export const personalType = ({
  schema,
  placeholder,
}: PersonalField<Schema, unknown>): PersonalType => {
  const inner = codecOf(schema)
  const stands = (value: unknown): boolean =>
    isForgotten(value) || Object.is(value, placeholder) || isSameJson(value, placeholder)
  const codec = new t.Type<unknown, unknown>(
    inner.name,
    (value): value is unknown => stands(value) || inner.is(value),
    (value, context) => {
      if (stands(value)) return t.success(placeholder)
      const read = inner.validate(value, context)
      return E.isLeft(read)
        ? t.failure(
            undefined,
            context,
            `expected ${inner.name}, got something else: it is personal`,
          )
        : read
    },
    (value): unknown => (stands(value) ? FORGOTTEN_JSON : inner.encode(value)),
  )
  return Object.assign(codec, { _tag: 'PersonalType', type: inner } as const)
}

/** The codec of a record some of whose fields are personal: what it writes holds {@link personalValue}s. */
export const personalRecordType = (
  record: t.Mixed,
  fields: ReadonlyMap<string, PersonalField<Schema, unknown>>,
): PersonalRecordType => {
  const encode = (value: unknown): unknown => {
    const sealed: Record<string, Json> = { ...(record.encode(value) as JsonObject) }
    for (const [name, { subjectOf }] of fields) {
      const plain = sealed[name]
      if (plain === undefined || isForgotten(plain)) continue
      sealed[name] = personalValue(subjectOf(value as never), plain)
    }
    return sealed
  }
  const codec = new t.Type<unknown, unknown>(
    record.name,
    (value): value is unknown => record.is(value),
    (value, context) => record.validate(value, context),
    encode,
  )
  return Object.assign(codec, { _tag: 'PersonalRecordType', type: record } as const)
}

/** What a codec has written. The two are the same, unless there are personal values in it. */
export interface Written<Value extends Json> {
  /** To be stored. */
  readonly data: Value
  /** To be read back, with personal values as they are. */
  readonly plain: Value
}

const HIDDEN = 'is personal, and is no storable JSON'

const writtenAs =
  <Value extends Json>(check: (value: unknown) => E.Either<ReadonlyArray<Issue>, Value>) =>
  (written: unknown): E.Either<ReadonlyArray<Issue>, Written<Value>> => {
    const json = check(written)
    if (E.isRight(json)) return E.right({ data: json.right, plain: json.right })
    const data = written as Value
    const plain = revealed(data)
    if (plain === data) return json
    const checked = check(plain)
    return E.isLeft(checked)
      ? E.left(checked.left.map(({ path }) => ({ path, message: HIDDEN })))
      : E.right({ data, plain: checked.right })
  }

/** {@link toJson} of what a codec has written. */
export const writtenJson: (written: unknown) => E.Either<ReadonlyArray<Issue>, Written<Json>> =
  writtenAs(toJson)

/** {@link toJsonObject} of what a codec has written. */
export const writtenObject: (
  written: unknown,
) => E.Either<ReadonlyArray<Issue>, Written<JsonObject>> = writtenAs(toJsonObject)
