import * as E from 'fp-ts/Either'
import type { JsonObject } from '../core/json'
import type { Metadata } from '../core/metadata'
import type { StreamVersion } from '../core/stream'
import type { CommandOptions } from '../shell/category/command'
import { malformedHeader, type Problem } from './problem'
import { type Preconditions, preconditionsOf } from './preconditions'
import { type TraceContext, traceContextOf } from './trace-context'

/** The options of `handleCommand`, as the headers of a request give them. */
export interface RequestOptions extends CommandOptions {
  /**
   * Whether the preconditions hold at a version; left out if there are none. `expectedVersion` is all of `*` and of a
   * single tag. A list can hold at other versions too: after a `VersionConflict` try its `actual`, if it holds there.
   */
  readonly holdsAt?: (version: StreamVersion) => boolean
}

const MOST_CHARACTERS = 255

/** A string of structured fields (RFC 9651): quoted, with `\"` and `\\`. */
const QUOTED = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])+)"$/
/** As most clients send it: without quotes. */
const PLAIN = /^[!#$%&'*+\-./\w:=?@^`|~]+$/

/** The key, of 1 to 255 characters. `undefined`: it is malformed. */
const parseKey = (header: string): string | undefined => {
  const quoted = QUOTED.exec(header)?.[1]?.replace(/\\(["\\])/g, '$1')
  const key = quoted ?? (PLAIN.test(header) ? header : undefined)
  return key === undefined || key.length > MOST_CHARACTERS ? undefined : key
}

/** Whether it is an id that a header can have: 1 to 255 visible ASCII characters. */
export const isId = (text: string): boolean =>
  text.length <= MOST_CHARACTERS && /^[\x21-\x7e]+$/.test(text)

const metadataOf = (
  correlation: string | undefined,
  causation: string | undefined,
  trace: TraceContext | undefined,
): Metadata | undefined => {
  const correlationId = correlation ?? trace?.traceId
  const extra: JsonObject | undefined = trace && {
    traceparent: trace.traceparent,
    ...(trace.tracestate === undefined ? {} : { tracestate: trace.tracestate }),
  }
  if (correlationId === undefined && causation === undefined) return undefined
  return {
    ...(correlationId === undefined ? {} : { correlationId }),
    ...(causation === undefined ? {} : { causationId: causation }),
    ...(extra === undefined ? {} : { extra }),
  }
}

const expectation = (preconditions: Preconditions | undefined): RequestOptions => {
  if (preconditions === undefined) return {}
  const { expectedVersion, isMatched, isUnseen } = preconditions
  return { expectedVersion, holdsAt: (version) => isMatched(version) && isUnseen(version) }
}

/**
 * The options of a command, from the headers of its request:
 *
 * - `Idempotency-Key`: the command id, 1 to 255 characters; quoted, as its draft says, or plain.
 * - `If-Match`, `If-None-Match`: the expected version; see {@link RequestOptions}.
 * - `X-Correlation-Id`, `X-Causation-Id`: metadata; 1 to 255 visible ASCII characters.
 * - `traceparent`, `tracestate`: in the metadata, under `extra`; the trace id is the correlation id, unless there is
 *   another. An invalid one is ignored, as W3C Trace Context demands.
 *
 * Fails with `malformed-header` (400).
 *
 * @example
 * const options = commandOptionsFrom(request.headers)
 * if (E.isLeft(options)) return problemResponse(options.left)
 * const result = await cards.handleCommand('G1', { type: 'RedeemGiftCard', amount: 20 }, options.right)()
 */
export const commandOptionsFrom = (headers: Headers): E.Either<Problem, RequestOptions> => {
  const preconditions = preconditionsOf(headers)
  if (E.isLeft(preconditions)) return preconditions
  const header = headers.get('idempotency-key')
  const commandId = header === null ? undefined : parseKey(header)
  if (header !== null && commandId === undefined) {
    return E.left(
      malformedHeader('Idempotency-Key', `one key of 1 to ${MOST_CHARACTERS} characters`),
    )
  }
  const ids: (string | undefined)[] = []
  for (const name of ['X-Correlation-Id', 'X-Causation-Id']) {
    const id = headers.get(name) ?? undefined
    if (id !== undefined && !isId(id)) {
      return E.left(malformedHeader(name, `1 to ${MOST_CHARACTERS} visible ASCII characters`))
    }
    ids.push(id)
  }
  const metadata = metadataOf(ids[0], ids[1], traceContextOf(headers))
  return E.right({
    ...(commandId === undefined ? {} : { commandId }),
    ...expectation(preconditions.right),
    ...(metadata === undefined ? {} : { metadata }),
  })
}
