import { isPlain } from '../../core/json'

/** The methods that change a Map or a Set; frozen ones do not have them. */
const LOCKED = {
  set: { value: undefined },
  add: { value: undefined },
  delete: { value: undefined },
  clear: { value: undefined },
}

const freezeInner = (value: unknown): void => {
  if (typeof value === 'object' && value !== null) freeze(value)
}

/** Freezes `value` deeply. A frozen part was frozen deeply before: states share their parts. */
const freeze = (value: object): void => {
  if (Object.isFrozen(value)) return
  if (value instanceof Map || value instanceof Set) {
    for (const [key, item] of value.entries()) {
      freezeInner(key)
      freezeInner(item)
    }
    Object.freeze(Object.defineProperties(value, LOCKED))
  } else if (Array.isArray(value)) {
    Object.freeze(value)
    for (let index = 0; index < value.length; index++) freezeInner(value[index])
  } else if (isPlain(value)) {
    Object.freeze(value)
    for (const key in value) freezeInner(value[key])
  }
}

/**
 * An independent copy of a state: a change to one does not affect the other. The outermost record or list is
 * copied, which costs far less than freezing it; its parts are frozen, once. Instances of classes are shared
 * as they are.
 */
export const unshared = <State>(state: State): State => {
  if (typeof state !== 'object' || state === null) return state
  const shared: unknown = state
  if (Array.isArray(shared)) {
    const items: ReadonlyArray<unknown> = shared
    for (const item of items) freezeInner(item)
    return [...items] as State
  }
  if (!isPlain(state) || Object.getPrototypeOf(state) === null) {
    freeze(state)
    return state
  }
  for (const key in state) freezeInner(state[key])
  return { ...state }
}
