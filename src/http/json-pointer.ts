import { owns } from '../core/owns'

const escaped = (key: string): string =>
  encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))

const isNumber = (key: string): boolean => /^\d+$/.test(key)

/** How many of the keys together are one key of `value`, which has a dot in it. 0: none. */
const keysIn = (value: object, keys: ReadonlyArray<string>): number => {
  for (let count = 1; count <= keys.length; count++) {
    if (owns(value, keys.slice(0, count).join('.'))) return count
  }
  return 0
}

/**
 * The path of an issue as a JSON pointer, in the form of a fragment of a URI: `lines.0.amount` is `#/lines/0/amount`.
 * The path alone says neither which dot is a part of a key, nor which number is a branch of a union of io-ts:
 * `value`, which has the issue, does.
 *
 * Source: RFC 6901, section 6; RFC 9457, section 3.
 */
export const jsonPointer = (path: string, value: unknown): string => {
  let pointer = '#'
  let here = value
  let keys = path === '' ? [] : path.split('.')
  while (keys[0] !== undefined) {
    const inside = typeof here === 'object' && here !== null ? here : {}
    const count = keysIn(inside, keys)
    const isBranch = count === 0 && isNumber(keys[0])
    const key = keys.slice(0, Math.max(1, count)).join('.')
    if (!isBranch) {
      pointer += `/${escaped(key)}`
      here = count === 0 ? undefined : Reflect.get(inside, key)
    }
    keys = keys.slice(Math.max(1, count))
  }
  return pointer
}
