import { performance } from '../../../platform/node'
import { isStatementTimeout } from '../connection/errors'
import type { TransactionScope } from '../connection/query'

/** How many positions a statement looks at that looks for something rare: at first, at least and at most. */
const FIRST = 8_192
const LEAST = 64
const MOST = 262_144

/** A statement that takes less, in milliseconds, may look at more the next time. */
const QUICK = 10

/** How many positions a statement looks at. */
export interface PositionWindow {
  /**
   * Runs a statement that looks at so many positions: more while that is quick. One that the server cancels because
   * it takes too long is run again with fewer.
   */
  readonly scan: <Found>(look: (size: number) => Promise<Found>) => Promise<Found>
}

/**
 * Bounds the work of a statement that looks for events by more than their position: among a million events without a
 * single one that is wanted it would otherwise read a million rows, and may never end under a `statement_timeout`.
 *
 * @param scope - in a transaction nothing is run again: it is aborted by the failure.
 */
export const positionWindow = (scope: TransactionScope): PositionWindow => {
  let size = FIRST
  const scan: PositionWindow['scan'] = async (look) => {
    const tried = size
    const started = performance.now()
    try {
      const found = await look(tried)
      if (performance.now() - started < QUICK) size = Math.min(Math.max(size, 2 * tried), MOST)
      return found
    } catch (error) {
      const failure = error as Error
      const isTimeout = isStatementTimeout(failure)
      if (isTimeout) size = Math.max(LEAST, Math.min(size, Math.floor(tried / 4)))
      return isTimeout && tried > LEAST && scope === 'statement'
        ? scan(look)
        : Promise.reject(failure)
    }
  }
  return { scan }
}
