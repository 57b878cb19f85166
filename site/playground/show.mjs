// Values as text, and whether two are the same: what the playground needs of `node:util`.

const MOST_CHARACTERS = 20_000

const key = (name) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name))

const parts = (value, depth, within) => {
  const next = (inner) => shown(inner, depth + 1, [...within, value])
  if (Array.isArray(value)) return { open: '[', close: ']', items: value.map(next) }
  if (value instanceof Map) {
    const items = [...value].map(([name, inner]) => `${next(name)} => ${next(inner)}`)
    return { open: 'Map {', close: '}', items }
  }
  if (value instanceof Set) return { open: 'Set {', close: '}', items: [...value].map(next) }
  const items = Object.entries(value).map(([name, inner]) => `${key(name)}: ${next(inner)}`)
  return { open: '{', close: '}', items }
}

const quoted = (text) =>
  text.includes("'")
    ? JSON.stringify(text)
    : `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"')}'`

const shown = (value, depth, within) => {
  if (typeof value === 'string') return quoted(value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return `[Function ${value.name}]`
  if (typeof value !== 'object' || value === null)
    return Object.is(value, -0) ? '-0' : String(value)
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Error) return `${value.name}: ${value.message}`
  if (within.includes(value)) return '[Circular]'
  if (depth > 8) return '…'
  const { open, close, items } = parts(value, depth, within)
  if (items.length === 0) return `${open}${close}`
  const line = items.join(', ')
  const space = open.endsWith('{') ? ' ' : ''
  if (line.length < 72 && !line.includes('\n')) return `${open}${space}${line}${space}${close}`
  const indent = '  '.repeat(depth + 1)
  return `${open}\n${items.map((item) => `${indent}${item},`).join('\n')}\n${'  '.repeat(depth)}${close}`
}

/** A value as code, over several lines where it is long. Of very long ones the beginning. */
export const inspect = (value) => {
  const text = shown(value, 0, [])
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)} …` : text
}

const keysOf = (value) =>
  Reflect.ownKeys(value).filter((name) => Object.prototype.propertyIsEnumerable.call(value, name))

export const isDeepStrictEqual = (one, other) => {
  if (Object.is(one, other)) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    return false
  }
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) return false
  if (one instanceof Date) return one.getTime() === other.getTime()
  if (one instanceof Map || one instanceof Set) return isDeepStrictEqual([...one], [...other])
  const keys = keysOf(one)
  return (
    keys.length === keysOf(other).length &&
    keys.every((name) => Object.hasOwn(other, name) && isDeepStrictEqual(one[name], other[name]))
  )
}

export default { inspect, isDeepStrictEqual }
