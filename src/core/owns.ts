/**
 * Whether `record` itself has `key`. In a loop over its keys V8 knows the answer: `Object.hasOwn` would
 * look for it, and listing the keys first would take the longest.
 */
export const owns = (record: object, key: string): boolean =>
  Object.prototype.hasOwnProperty.call(record, key)
