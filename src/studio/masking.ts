import { isRecord, type Json } from '../core/json'
import { personalIn } from '../core/personal-value'
import { sealedIn } from '../core/sealed-value'
import type { Shown } from './answers'

/**
 * Names of fields whose values are hidden until someone asks for them, in lower case without separators. What is declared as
 * personal is sealed, and never shown here. Not everything is declared: so whatever could be personal is hidden, and a
 * name too many costs one click.
 */
export const DEFAULT_MASK: ReadonlyArray<string> = [
  ...['name', 'firstname', 'lastname', 'surname', 'fullname', 'username', 'nickname', 'owner'],
  ...['actor', 'email', 'mail', 'phone', 'telephone', 'mobile', 'fax', 'address', 'street'],
  ...['city', 'zip', 'zipcode', 'postcode', 'postalcode', 'birthday', 'birthdate', 'dateofbirth'],
  ...['gender', 'nationality', 'passport', 'ssn', 'taxid', 'iban', 'bic', 'card'],
  ...['cardnumber', 'cvv', 'password', 'secret', 'token', 'apikey', 'ip', 'ipaddress', 'latitude'],
  ...['longitude'],
]

/** Whether the values of a field are hidden, by its name. */
export type Mask = (field: string) => boolean

/** `customerFirstName` is `customer`, `first`, `name`. */
const wordsOf = (field: string): ReadonlyArray<string> =>
  field
    .replace(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')

/**
 * Hides the fields with these names, and those whose last words are one of them: `email` also hides `customerEmail`,
 * `customer_e_mail` is hidden by `mail`, and `emailSent` by neither.
 *
 * @param names - upper and lower case, `-` and `_` make no difference.
 */
export const maskOf = (names: ReadonlyArray<string>): Mask => {
  const hidden = new Set(names.map((name) => wordsOf(name).join('')))
  hidden.delete('')
  return (field) => {
    const words = wordsOf(field)
    return words.some((_, first) => hidden.has(words.slice(first).join('')))
  }
}

/** One step of a JSON pointer (RFC 6901). */
export const pointerStep = (key: string | number): string =>
  `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`

const isEmpty = (value: Json): boolean =>
  value === null || (typeof value === 'object' && Object.keys(value).length === 0)

/** What stands in the place of a personal value that is sealed, or would be. There are no keys here to open it with. */
const sealedText = (value: object): string | undefined => {
  const subject = sealedIn(value)?.subject ?? personalIn(value)?.subject
  return subject === undefined ? undefined : `(sealed: personal data of ${subject})`
}

/** Hides single values: of a list or record below a hidden name the shape can still be seen. */
const masked = (value: Json, mask: Mask, pointer: string, hides: boolean): Shown => {
  const hidden: string[] = []
  const inner = (item: Json, key: string | number, isHidden: boolean): Json => {
    const shown = masked(item, mask, pointer + pointerStep(key), isHidden)
    hidden.push(...shown.hidden)
    return shown.value
  }
  if (Array.isArray(value)) {
    const list = (value as ReadonlyArray<Json>).map((item, index) => inner(item, index, hides))
    return { value: list, hidden }
  }
  if (isRecord(value)) {
    const sealed = sealedText(value)
    if (sealed !== undefined) return { value: sealed, hidden: [] }
    const entries = Object.entries(value).map(
      ([key, item]) => [key, inner(item, key, hides || mask(key))] as const,
    )
    return { value: Object.fromEntries(entries), hidden }
  }
  return hides && !isEmpty(value) ? { value: null, hidden: [pointer] } : { value, hidden: [] }
}

/**
 * A value with everything hidden that `mask` hides. What is sealed stays so.
 *
 * @param mask - `undefined`: nothing else is hidden.
 * @param path - the fields that lead to the value: one of them may be hidden with all that is below it.
 */
export const shownBy = (
  mask: Mask | undefined,
  value: Json,
  path: ReadonlyArray<string> = [],
): Shown =>
  mask === undefined
    ? masked(value, () => false, '', false)
    : masked(
        value,
        mask,
        '',
        path.some((field) => mask(field)),
      )
