import { isRecord, type Json } from '../core/json'
import { owns } from '../core/owns'

/** One change between two values. */
export interface Change {
  /** The keys that lead to it; none: the whole value. */
  readonly path: ReadonlyArray<string>
  /** Omitted: it was added. */
  readonly before?: Json
  /** Omitted: it was removed. */
  readonly after?: Json
}

/** What has changed, and whether there is more than was looked for. */
export interface Difference {
  readonly changes: ReadonlyArray<Change>
  readonly more: boolean
}

const entriesOf = (value: Json | undefined): Readonly<Record<string, Json>> | undefined =>
  Array.isArray(value)
    ? Object.fromEntries((value as ReadonlyArray<Json>).map((item, index) => [index, item]))
    : isRecord(value)
      ? value
      : undefined

const sameKind = (left: Json | undefined, right: Json | undefined): boolean =>
  Array.isArray(left) === Array.isArray(right)

/** Whether a value has no parts to compare. */
const isLeaf = (value: Json | undefined): boolean => typeof value !== 'object' || value === null

function* changesBetween(
  before: Json | undefined,
  after: Json | undefined,
  path: ReadonlyArray<string>,
): Generator<Change> {
  if (Object.is(before, after)) return
  const [left, right] = [entriesOf(before), entriesOf(after)]
  if (left === undefined || right === undefined || !sameKind(before, after)) {
    if (isLeaf(before) && isLeaf(after) && before === after) return
    yield {
      path,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    }
    return
  }
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const here = [...path, key]
    yield* changesBetween(
      owns(left, key) ? left[key] : undefined,
      owns(right, key) ? right[key] : undefined,
      here,
    )
  }
}

/**
 * What changed from `before` to `after`, part by part. Elements of lists are compared by their place.
 *
 * @param limit - changes at most. 1 or more.
 *
 * @example
 * difference({ balance: 5, owner: 'Ada' }, { balance: 7, owner: 'Ada' }, 100)
 * // { changes: [{ path: ['balance'], before: 5, after: 7 }], more: false }
 */
export const difference = (before: Json, after: Json, limit: number): Difference => {
  const changes: Change[] = []
  for (const change of changesBetween(before, after, [])) {
    if (changes.length === limit) return { changes, more: true }
    changes.push(change)
  }
  return { changes, more: false }
}
