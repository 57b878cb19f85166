import { traceParentOf } from '../core/trace-parent'

/** The trace that a request belongs to. */
export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** 16 hexadecimal digits: the span of the caller. */
  readonly parentId: string
  /** The header as it was received. At most 255 characters. */
  readonly traceparent: string
  /** The header as it was received, if there is one. At most 512 characters. */
  readonly tracestate?: string
}

const MOST_STATE = 512

/**
 * Reads `traceparent` strictly, and `tracestate` beside it. `undefined`: there is none, or it is invalid. An invalid
 * one must not fail the request: it is ignored, as its specification demands.
 *
 * Source: W3C Trace Context, sections 3.2 and 3.3.
 *
 * @example
 * const traceId = traceContextOf(request.headers)?.traceId
 */
export const traceContextOf = (headers: Headers): TraceContext | undefined => {
  const traceparent = headers.get('traceparent') ?? ''
  const parent = traceParentOf(traceparent)
  if (parent === undefined) return undefined
  const { traceId, parentId } = parent
  const tracestate = headers.get('tracestate') ?? ''
  const isStated = /^[\x20-\x7e\t]+$/.test(tracestate) && tracestate.length <= MOST_STATE
  return { traceId, parentId, traceparent, ...(isStated ? { tracestate } : {}) }
}
