/**
 * Whether `record` itself has `key`. In a loop over its keys V8 knows the answer: `Object.hasOwn` would
 * look for it, and listing the keys first would take the longest.
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
