import { createInbox, type Msg, type NatsConnection } from '@nats-io/nats-core'
import * as E from 'fp-ts/Either'
import { type StoreFailed, storeFailed } from '../../core/errors/store'
import { clearTimeout, fromBase64Url, setTimeout } from '../../platform/node'
import { MESSAGE_NOT_FOUND } from './failures'
import {
  askApi,
  type Caller,
  type Deadline,
  failureOf,
  isPast,
  type Link,
  pauseBefore,
} from './link'

/** A message as it is stored. */
export interface StoredMessage {
  readonly sequence: number
  readonly subject: string
  readonly text: string
}

type Answer<Found> = E.Either<StoreFailed, Found>

/** Which message: the last one of a subject, or the first one of a subject from a sequence on. */
export type Wanted =
  { readonly last_by_subj: string } | { readonly next_by_subj: string; readonly seq: number }

const messageIn = (answer: Readonly<Record<string, unknown>>): StoredMessage | undefined => {
  const { message } = answer
  if (typeof message !== 'object' || message === null) return undefined
  const { subject, seq, data = '' } = message as Readonly<Record<string, unknown>>
  return typeof subject === 'string' && typeof seq === 'number' && typeof data === 'string'
    ? { sequence: seq, subject, text: fromBase64Url(data) }
    : undefined
}

/**
 * A message as the leader of a JetStream stream has it, or `undefined`: there is none. It is repeated until there is an
 * answer. A replica is never asked: it may be behind, and would not know.
 */
export const fromLeader = async (
  link: Caller,
  stream: string,
  wanted: Wanted,
  deadline: Deadline,
): Promise<Answer<StoredMessage | undefined>> => {
  const answer = await askApi(link, { path: `STREAM.MSG.GET.${stream}`, body: wanted }, deadline)
  if (E.isRight(answer)) return E.right(messageIn(answer.right))
  const error = answer.left
  return 'err_code' in error && error.err_code === MESSAGE_NOT_FOUND
    ? E.right(undefined)
    : E.left(failureOf(error))
}

/** Messages that a replica has given. */
export interface Batch {
  readonly messages: ReadonlyArray<StoredMessage>
}

/** Reads from any replica. */
export interface DirectReads {
  /**
   * Messages of a subject from a sequence on, in their order, from whichever replica answers. It may be behind: an end,
   * or no message at all, says nothing. After `silence` milliseconds without a message it is given up, with what came.
   */
  readonly batch: (
    stream: string,
    wanted: { readonly next_by_subj: string; readonly seq: number; readonly batch: number },
    silence: number,
  ) => Promise<Batch>
}

/** How many bytes one batch has at most: a server ends the connection of a client that falls too far behind. */
const BATCH_BYTES = 8_388_608

/** Direct reads on a connection; all of them share one subscription. */
export const directReads = (connection: NatsConnection): DirectReads => {
  const inbox = createInbox()
  const waiting = new Map<string, (message: Msg | undefined) => void>()
  let count = 0
  let isSubscribed = false

  const subscribed = (): void => {
    if (isSubscribed) return
    isSubscribed = true
    const subscription = connection.subscribe(`${inbox}.*`, {
      callback: (error, message) => {
        if (error === null) waiting.get(message.subject.slice(inbox.length + 1))?.(message)
      },
    })
    void subscription.closed.then(() => {
      isSubscribed = false
      for (const ended of waiting.values()) ended(undefined)
    })
  }

  return {
    batch: (stream, wanted, silence) =>
      new Promise((resolve) => {
        const token = String(++count)
        const messages: StoredMessage[] = []
        const end = (): void => {
          clearTimeout(timer)
          waiting.delete(token)
          resolve({ messages })
        }
        let timer = setTimeout(end, silence)
        waiting.set(token, (message) => {
          const sequence = Number(message?.headers?.get('Nats-Sequence'))
          // The end of the batch, no message at all, nobody who answers: a status, and no sequence.
          if (message === undefined || !(sequence > 0)) {
            end()
            return
          }
          clearTimeout(timer)
          timer = setTimeout(end, silence)
          const subject = message.headers?.get('Nats-Subject') ?? ''
          messages.push({ sequence, subject, text: message.string() })
          if (messages.length === wanted.batch) end()
        })
        try {
          subscribed()
          const body = JSON.stringify({ ...wanted, max_bytes: BATCH_BYTES })
          const reply = `${inbox}.${token}`
          connection.publish(`$JS.API.DIRECT.GET.${stream}`, body, { reply })
        } catch {
          end() // the leader is asked next, and says why
        }
      }),
  }
}

/** What a reader makes of a message: it wants more, has enough, sees that one before it is missing, or fails. */
export type Verdict = 'more' | 'enough' | 'gap' | StoreFailed

/** Which messages to read. */
export interface Span {
  readonly stream: string
  readonly subject: string
  /** The first sequence. 1 or more. */
  readonly from: number
  /** The sequence of a message of this subject that is there: reading ends with it, and never before it. */
  readonly to: number
  /** About how many messages are wanted. */
  readonly about: number
}

const MOST_AT_ONCE = 500
/** How long a replica may be silent: one that hangs is left to the others after this. Milliseconds. */
const SILENCE = 250
/** How often replicas are asked in vain before the leader is, message by message. */
const DIRECT_ATTEMPTS = 2

/**
 * Gives every message of a span to `take`, in order, until it has enough. What a replica calls its end is not believed:
 * it is asked again, or another one, and in the end the leader, until `to` was seen.
 */
export const readSpan = async (
  { link, direct }: { readonly link: Link; readonly direct: DirectReads },
  { stream, subject, from, to, about }: Span,
  take: (message: StoredMessage) => Verdict,
  deadline: Deadline,
): Promise<Answer<void>> => {
  let next = from
  let vain = 0
  while (next <= to) {
    if (isPast(deadline)) {
      const cause = new Error(`${stream} was read up to ${next - 1}, and not up to ${to}`)
      return E.left(storeFailed('TimedOut', 'nothingWritten', cause))
    }
    const asksLeader = vain >= DIRECT_ATTEMPTS
    const wanted = { next_by_subj: subject, seq: next }
    let messages: ReadonlyArray<StoredMessage>
    if (asksLeader) {
      const found = await fromLeader(link, stream, wanted, deadline)
      if (E.isLeft(found)) return found
      messages = found.right === undefined ? [] : [found.right]
    } else {
      const batch = Math.min(Math.max(about, 1), MOST_AT_ONCE)
      messages = (await direct.batch(stream, { ...wanted, batch }, SILENCE)).messages
    }
    const before = next
    for (const message of messages) {
      if (message.sequence < next) continue
      if (message.sequence > to) break // the one at `to` is there, so this replica has not all of them
      const verdict = take(message)
      if (typeof verdict === 'object') return E.left(verdict)
      if (verdict === 'enough') return E.right(undefined)
      if (verdict === 'gap') {
        if (!asksLeader) break
        const cause = new Error(`before message ${message.sequence} of ${stream} one is missing`)
        return E.left(storeFailed('CorruptRow', 'nothingWritten', cause))
      }
      next = message.sequence + 1
    }
    if (next > before) vain = asksLeader ? vain : 0
    else await pauseBefore(++vain)
  }
  return E.right(undefined)
}
