import { remembersTwice, takenTwice } from './errors'
import {
  oneMarkedParameters,
  oneParameters,
  type PreparedAppend,
  severalMarkedParameters,
  severalParameters,
  singlesParameters,
  streamParameters,
} from './prepared-append'
import type { Statements } from './statements'

/** A statement with its parameters. */
export interface Query {
  readonly text: string
  readonly parameters: ReadonlyArray<unknown>
}

const alone = (statements: Statements, append: PreparedAppend): Query | undefined => {
  const { events, commands } = append
  if (commands.length === 0) {
    return events.length === 1
      ? { text: statements.appendOne, parameters: oneParameters(append) }
      : { text: statements.appendStream, parameters: streamParameters(append) }
  }
  return events.length === 1 && commands.length === 1 && commands[0]?.eventCount === 1
    ? { text: statements.appendOneMarked, parameters: oneMarkedParameters(append) }
    : undefined
}

/** The swift statement for some appends; `undefined` when there is none: a decision without events. */
export const swiftQuery = (
  statements: Statements,
  appends: ReadonlyArray<PreparedAppend>,
): Query | undefined => {
  if (appends.some(({ events }) => events.length === 0)) return undefined
  const [only, ...others] = appends
  const short = only !== undefined && others.length === 0 ? alone(statements, only) : undefined
  if (short !== undefined) return short
  if (appends.some(({ commands }) => commands.length > 0)) {
    return { text: statements.appendSeveralMarked, parameters: severalMarkedParameters(appends) }
  }
  return appends.some(({ events }) => events.length > 1)
    ? { text: statements.appendSeveral, parameters: severalParameters(appends) }
    : { text: statements.appendSingles, parameters: singlesParameters(appends) }
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
