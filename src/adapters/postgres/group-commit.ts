import * as E from 'fp-ts/Either'
import { overloaded } from '../../core/errors/store'
import {
  appendAlone,
  type AppendAnswer,
  type AppendPrepared,
  hasLostRace,
  type RunAppends,
} from './append'
import type { PreparedAppend } from './prepared-append'

/** How appends are grouped. */
export interface Grouping {
  /** How many appends may wait. One more is `Overloaded`. */
  readonly depth: number
  /** How many statements may be under way at once: a second one only when the first is slow. */
  readonly statements: number
  /** After so many milliseconds a statement is slow, and those that wait are not held up by it. */
  readonly slow: number
  /** How many events go into one statement. */
  readonly events: number
}

export const defaultGrouping: Grouping = { depth: 20_000, statements: 4, slow: 25, events: 1_000 }

interface Waiting {
  readonly append: PreparedAppend
  readonly answer: (answer: AppendAnswer) => void
}

/** The next ones, each for another stream, as many as fit; and those that stay. */
const nextGroup = (
  queue: ReadonlyArray<Waiting>,
  mostEvents: number,
): readonly [group: ReadonlyArray<Waiting>, rest: Waiting[]] => {
  const group: Waiting[] = []
  const rest: Waiting[] = []
  const streams = new Set<string>()
  let events = 0
  for (const waiting of queue) {
    const { streamId, events: own } = waiting.append
    const fits = group.length === 0 || events + own.length <= mostEvents
    if (!fits || streams.has(streamId)) {
      rest.push(waiting)
      continue
    }
    group.push(waiting)
    streams.add(streamId)
    events += own.length
  }
  return [group, rest]
}

/** Whether a group should be tried one by one: the server has refused, and one of them is to blame. */
const oneIsToBlame = (answer: AppendAnswer): boolean =>
  E.isLeft(answer) &&
  answer.left._tag === 'StoreFailed' &&
  answer.left.outcome === 'nothingWritten' &&
  ['Unexpected', 'TimedOut', 'TransactionRefused'].includes(answer.left.reason)

/**
 * Group commit: while a statement is under way, appends that arrive wait, and go out together in the
 * next one. A lone caller is never delayed for company. One caller's conflict, or a payload that the
 * server refuses, is nobody else's.
 */
export const groupCommit = (
  run: RunAppends,
  grouping: Grouping = defaultGrouping,
): AppendPrepared => {
  let queue: Waiting[] = []
  let underWay = 0
  let timer: NodeJS.Timeout | undefined

  const runGroup = async (group: ReadonlyArray<Waiting>): Promise<void> => {
    const answers = await run(group.map(({ append }) => append))
    for (const [index, { append, answer }] of group.entries()) {
      const own = answers[index]
      if (own === undefined) continue
      const again = hasLostRace(own) || (group.length > 1 && oneIsToBlame(own))
      answer(again ? await appendAlone(run)(append) : own)
    }
  }

  const start = (): void => {
    const [group, rest] = nextGroup(queue, grouping.events)
    queue = rest
    underWay += 1
    void runGroup(group).then(() => {
      underWay -= 1
      advance()
    })
  }

  const hurry = (): void => {
    timer = undefined
    if (queue.length > 0 && underWay < grouping.statements) start()
    advance()
  }

  const advance = (): void => {
    if (queue.length === 0) return
    if (underWay === 0) start()
    if (queue.length > 0 && timer === undefined && underWay < grouping.statements) {
      timer = setTimeout(hurry, grouping.slow)
    }
  }

  return (append) =>
    queue.length >= grouping.depth
      ? Promise.resolve(E.left(overloaded('the append queue', queue.length)))
      : new Promise((answer) => {
          queue.push({ append, answer })
          advance()
        })
}
