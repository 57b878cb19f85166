import { headers, type MsgHdrs } from '@nats-io/nats-core'
import * as E from 'fp-ts/Either'
import { storeFailed, type StoreFailed } from '../../core/errors/store'
import { sleep } from '../../platform/node'
import {
  isInFlight,
  isWrongSequence,
  refusalOf,
  type Trouble,
  troubleOf,
  writeFailed,
} from './failures'
import { answerOf, ask, type Caller, type Deadline, errorIn, isPast, pauseBefore } from './link'

/** A message to be stored. */
export interface NewMessage {
  readonly subject: string
  readonly text: string
  /** The sequence of the last message of its subject; 0: there is none. Otherwise it is refused. `undefined`: any. */
  readonly expected: number | undefined
}

/** Messages of one JetStream stream that are stored together, or not at all. One or more. */
export type Unit = readonly [...ReadonlyArray<NewMessage>, NewMessage]

/** What the server has said of a unit. */
type Told =
  | { readonly _tag: 'Stored'; readonly sequence: number }
  | { readonly _tag: 'WrongSequence' }
  | { readonly _tag: 'InFlight' }
  | { readonly _tag: 'Troubled'; readonly trouble: Trouble }

const expecting = (expected: number | undefined): MsgHdrs => {
  const header = headers()
  if (expected !== undefined) header.set('Nats-Expected-Last-Subject-Sequence', String(expected))
  return header
}

/** How long to wait, at most, for what is being stored at this moment. Milliseconds. */
const LONGEST_IN_FLIGHT = 16

/**
 * Waits for what is in the way and not stored yet. Not at all the first time: what was acknowledged a moment ago is out of the
 * way before another request arrives.
 *
 * @param times - how often it was waited for before.
 */
export const whileInFlight = async (times: number): Promise<void> => {
  if (times > 0) await sleep(Math.min(2 ** (times - 1), LONGEST_IN_FLIGHT))
}

/** Sends a unit once: a single message as it is, several as an atomic batch. */
const send = async (
  link: Caller,
  unit: Unit,
  attempt: number,
  deadline: Deadline,
): Promise<Told> => {
  const last = unit[unit.length - 1] as NewMessage
  const header = expecting(last.expected)
  if (unit.length > 1) {
    const batch = crypto.randomUUID()
    const numbered = (head: MsgHdrs, index: number): MsgHdrs => {
      head.set('Nats-Batch-Id', batch)
      head.set('Nats-Batch-Sequence', String(index + 1))
      return head
    }
    try {
      for (const [index, { subject, text, expected }] of unit.slice(0, -1).entries()) {
        link.connection.publish(subject, text, { headers: numbered(expecting(expected), index) })
      }
    } catch (cause) {
      return { _tag: 'Troubled', trouble: troubleOf(cause) }
    }
    numbered(header, unit.length - 1).set('Nats-Batch-Commit', '1')
  }
  const request = { subject: last.subject, body: last.text, headers: header }
  const asked = await ask(link, request, attempt, deadline)
  if (E.isLeft(asked)) return { _tag: 'Troubled', trouble: asked.left }
  const answer = answerOf(asked.right)
  const error = answer && errorIn(answer)
  if (error !== undefined) {
    if (isInFlight(error)) return { _tag: 'InFlight' }
    return isWrongSequence(error)
      ? { _tag: 'WrongSequence' }
      : { _tag: 'Troubled', trouble: refusalOf(error) }
  }
  const sequence = Number(answer?.['seq'])
  return sequence > 0
    ? { _tag: 'Stored', sequence }
    : { _tag: 'Troubled', trouble: troubleOf(new Error('the answer is no acknowledgement')) }
}

/** What stands where a unit was refused: its own message, from an attempt whose answer was lost, or another one. */
export type InTheWay =
  | { readonly _tag: 'Own'; readonly sequence: number }
  | { readonly _tag: 'Other' }
  /** Nothing: what is in the way is not stored yet, and may never be. */
  | { readonly _tag: 'Nothing' }

const notStored = (doubtful: boolean): StoreFailed =>
  storeFailed(
    'TimedOut',
    doubtful ? 'unknown' : 'nothingWritten',
    new Error('what is in the way of the append is not stored'),
  )

/** What became of a unit. */
export type Published =
  { readonly _tag: 'Stored'; readonly sequence: number } | { readonly _tag: 'Refused' }

/**
 * Stores a unit exactly once, or says that it can never be stored any more. While it is not known whether an attempt has
 * arrived, the same unit is sent again: it has the same expectations, so at most one of its copies is stored. When it
 * is refused then, `look` says what is in the way. It is sent again, too, while the leader compares nothing.
 */
export const publishExactly = async (
  link: Caller,
  unit: Unit,
  look: () => Promise<E.Either<StoreFailed, InTheWay>>,
  deadline: Deadline,
): Promise<E.Either<StoreFailed, Published>> => {
  let doubtful = false
  let inFlight = 0
  for (let attempt = 0; ;) {
    const told = await send(link, unit, attempt, deadline)
    if (told._tag === 'Stored') return E.right(told)
    if (told._tag === 'Troubled') {
      const { trouble } = told
      if (!trouble.passing || isPast(deadline)) return E.left(writeFailed(trouble, doubtful))
      doubtful ||= trouble.received === 'perhaps'
      await pauseBefore(++attempt)
      continue
    }
    if (told._tag === 'InFlight') {
      if (isPast(deadline)) return E.left(notStored(doubtful))
      await whileInFlight(inFlight++)
      continue
    }
    // No copy of it is on its way: it is refused for good, whatever the reason.
    if (!doubtful) return E.right({ _tag: 'Refused' })
    const inTheWay = await look()
    if (E.isLeft(inTheWay)) {
      const { reason, cause } = inTheWay.left
      return E.left(storeFailed(reason, 'unknown', cause))
    }
    if (inTheWay.right._tag === 'Own') {
      return E.right({ _tag: 'Stored', sequence: inTheWay.right.sequence })
    }
    if (inTheWay.right._tag === 'Other') return E.right({ _tag: 'Refused' })
    if (isPast(deadline)) return E.left(notStored(true))
    await whileInFlight(inFlight++)
  }
}
