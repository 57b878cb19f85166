import * as E from 'fp-ts/Either'
import { type StoreFailed, storeFailed } from '../core/errors/store'
import type { Issue } from '../core/issue'
import type { Json } from '../core/json'
import { subjectProblem } from '../core/operator/forgetting'
import { FORGOTTEN_JSON, withReplaced } from '../core/personal'
import { personalIn, type PersonalValue } from '../core/personal-value'
import { SEALED, sealedIn, type SealedValue } from '../core/sealed-value'
import { type AesKey, decrypt, encrypt, fromBase64, toBase64 } from './cipher'
import type { KeysBySubject, OpenKeys } from './key-ring'

/** What was sealed, and why it must not be stored. */
export interface Sealed<Value extends Json> {
  readonly value: Value
  /** Personal data about these is in it, and they were forgotten: `value` has the placeholder. */
  readonly forgotten: ReadonlyArray<string>
  readonly issue?: Issue
}

const RESERVED = `a key ${SEALED} cannot be stored: it stands for personal data`

/** The personal values in `value`; text: why it must not be stored. */
const personalValuesIn = (value: Json): ReadonlyMap<object, PersonalValue> | string => {
  const found = new Map<object, PersonalValue>()
  let problem: string | undefined
  withReplaced(value, (part) => {
    const personal = personalIn(part)
    if (personal === undefined) {
      if (Object.hasOwn(part, SEALED)) problem ??= RESERVED
    } else {
      const wrong = subjectProblem(personal.subject)
      if (wrong !== undefined) problem ??= `the subject of personal data ${wrong}`
      found.set(part, personal)
    }
    return undefined
  })
  return problem ?? found
}

const replaced = <Value extends Json>(value: Value, by: ReadonlyMap<object, Json>): Value =>
  by.size === 0 ? value : (withReplaced(value, (part) => by.get(part)) as Value)

const sealedText = async (key: AesKey, { subject, value }: PersonalValue): Promise<Json> => {
  const plain = new TextEncoder().encode(JSON.stringify(value))
  return { [SEALED]: subject, sealed: toBase64(await encrypt(key, plain, subject)) }
}

/** `values` without personal data in them: what a store may keep. */
export const sealAll = async <Value extends Json>(
  keys: OpenKeys,
  values: ReadonlyArray<Value>,
): Promise<E.Either<StoreFailed, ReadonlyArray<Sealed<Value>>>> => {
  const found = values.map(personalValuesIn)
  const personal = found.flatMap((one) => (typeof one === 'string' ? [] : [...one]))
  if (personal.length === 0) {
    return E.right(
      values.map((value, index) => ({ value, forgotten: [], ...issueOf(found[index]) })),
    )
  }
  const known = await keys.findOrAdd(personal.map(([, { subject }]) => subject))
  if (E.isLeft(known)) return known
  const sealed = new Map<object, Json>()
  await Promise.all(
    personal.map(async ([carrier, one]) => {
      const key = known.right.get(one.subject)
      const text = key === undefined || key === 'forgotten' ? FORGOTTEN_JSON : sealedText(key, one)
      sealed.set(carrier, await text)
    }),
  )
  return E.right(
    values.map((value, index) => {
      const own = found[index]
      const subjects =
        typeof own === 'object' ? [...own.values()].map(({ subject }) => subject) : []
      return {
        value: replaced(value, sealed),
        forgotten: subjects.filter((subject) => known.right.get(subject) === 'forgotten'),
        ...issueOf(own),
      }
    }),
  )
}

const issueOf = (found: unknown): { readonly issue?: Issue } =>
  typeof found === 'string' ? { issue: { path: '', message: found } } : {}

const corrupt = (subject: string): StoreFailed => {
  const text = `personal data of ${subject} does not open with its key`
  return storeFailed('CorruptRow', 'nothingWritten', undefined, text)
}

const missing = (subject: string): StoreFailed => {
  const text = `there is no key of ${subject}, and nothing says that it was forgotten: was the table of keys restored?`
  return storeFailed('SubjectKeyMissing', 'nothingWritten', undefined, text)
}

const openedOne = async (
  keys: KeysBySubject,
  { subject, sealed }: SealedValue,
): Promise<E.Either<StoreFailed, Json>> => {
  const key = keys.get(subject)
  if (key === undefined) return E.left(missing(subject))
  if (key === 'forgotten') return E.right(FORGOTTEN_JSON)
  const bytes = fromBase64(sealed)
  const plain = bytes && (await decrypt(key, bytes, subject))
  if (plain === undefined) return E.left(corrupt(subject))
  return E.tryCatch(
    () => JSON.parse(new TextDecoder().decode(plain)) as Json,
    () => corrupt(subject),
  )
}

/** `values` as they were before {@link sealAll}, or with the placeholder for what was forgotten. */
export const openAll = async <Value extends Json>(
  keys: OpenKeys,
  values: ReadonlyArray<Value>,
): Promise<E.Either<StoreFailed, ReadonlyArray<Value>>> => {
  const found = new Map<object, SealedValue>()
  for (const value of values) {
    withReplaced(value, (part) => {
      const sealed = sealedIn(part)
      if (sealed !== undefined) found.set(part, sealed)
      return undefined
    })
  }
  if (found.size === 0) return E.right(values)
  const known = await keys.find([...found.values()].map(({ subject }) => subject))
  if (E.isLeft(known)) return known
  const parts = [...found]
  const opened = await Promise.all(parts.map(([, one]) => openedOne(known.right, one)))
  const by = new Map<object, Json>()
  for (const [index, one] of opened.entries()) {
    if (E.isLeft(one)) return one
    const [part] = parts[index] ?? []
    if (part !== undefined) by.set(part, one.right)
  }
  return E.right(values.map((value) => replaced(value, by)))
}
