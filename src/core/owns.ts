/**
 * Whether `record` has `key` itself and does not inherit it. In a `for in` loop this is the fastest check: V8
 * has the result at hand, while `Object.hasOwn` looks the key up and `Object.keys` builds a list.
 */
export const owns = (record: object, key: string): boolean =>
  Object.prototype.hasOwnProperty.call(record, key)

/** What an object of any kind has under `name`, its own or inherited. */
export const propertyOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined

/** Whether `record` has no keys of its own. */
export const isEmpty = (record: object): boolean => {
  for (const key in record) if (owns(record, key)) return false
  return true
}
