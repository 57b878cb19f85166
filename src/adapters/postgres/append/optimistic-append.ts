import {
  oneMarkedParameters,
  oneParameters,
  severalMarkedParameters,
  severalParameters,
  singlesParameters,
  streamParameters,
} from './append-parameters'
import { remembersTwice, takenTwice } from '../connection/errors'
import { isExact, lengthOf, type PreparedAppend } from './encoded-append'
import type { Statements } from '../read/statements'

/** A statement with its parameters. */
export interface Query {
  readonly text: string
  readonly parameters: ReadonlyArray<unknown>
}

const alone = (statements: Statements, append: PreparedAppend): Query | undefined => {
  const { events, commands } = append
  if (commands.length === 0) {
    return events.length === 1 && isExact(append)
      ? { text: statements.appendOne, parameters: oneParameters(append) }
      : { text: statements.appendStream, parameters: streamParameters(append) }
  }
  return events.length === 1 && commands.length === 1 && commands[0]?.eventCount === 1
    ? { text: statements.appendOneMarked, parameters: oneMarkedParameters(append) }
    : undefined
}

/** How much JSON a swift statement takes at most, in code units: PostgreSQL holds no JSON array above 256 MB. */
const MOST_JSON = 4_000_000

/**
 * The swift statement for some appends; `undefined` when there is none: for a decision without events, and for
 * very much data.
 */
export const swiftQuery = (
  statements: Statements,
  appends: ReadonlyArray<PreparedAppend>,
): Query | undefined => {
  let length = 0
  let most = 0
  for (const append of appends) {
    const { length: count } = append.events
    if (count === 0) return undefined
    length += lengthOf(append)
    most = Math.max(most, count)
  }
  if (length > MOST_JSON) return undefined
  const [only] = appends
  const short = only !== undefined && appends.length === 1 ? alone(statements, only) : undefined
  if (short !== undefined) return short
  if (appends.some(({ commands }) => commands.length > 0)) {
    return { text: statements.appendSeveralMarked, parameters: severalMarkedParameters(appends) }
  }
  return most === 1 && appends.every(isExact)
    ? { text: statements.appendSingles, parameters: singlesParameters(appends) }
    : { text: statements.appendSeveral, parameters: severalParameters(appends) }
}

/** Whether a swift statement has failed only because somebody else was faster at this very moment. */
export const lostRace = (error: unknown): boolean => takenTwice(error) || remembersTwice(error)

/** How many statements go the careful way after one that met somebody else's. */
const WARY = 32

/** Whether others write to the same streams just now: then the swift way is the longer one. */
export interface Contention {
  readonly isUnlikely: () => boolean
  readonly met: () => void
}

export const contention = (): Contention => {
  let wary = 0
  return {
    isUnlikely: () => {
      if (wary === 0) return true
      wary -= 1
      return false
    },
    met: () => {
      wary = WARY
    },
  }
}
