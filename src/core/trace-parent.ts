const TRACEPARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-[\x20-\x7e]*)?$/
const MOST_CHARACTERS = 255

/** What a `traceparent` says. */
export interface TraceParent {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** 16 hexadecimal digits: the span that caused this. */
  readonly parentId: string
  /** 0 to 255. The lowest bit: the trace is recorded. */
  readonly flags: number
}

/**
 * Reads a `traceparent` strictly. `undefined`: it is invalid, and is to be ignored.
 *
 * Source: W3C Trace Context, section 3.2.
 */
export const traceParentOf = (text: string): TraceParent | undefined => {
  const found = text.length > MOST_CHARACTERS ? null : TRACEPARENT.exec(text)
  if (found === null) return undefined
  const [version, traceId, parentId, flags, further] = found.slice(1) as [
    version: string,
    traceId: string,
    parentId: string,
    flags: string,
    further?: string,
  ]
  const isKnown = version === '00' ? further === undefined : version !== 'ff'
  if (!isKnown || /^0+$/.test(traceId) || /^0+$/.test(parentId)) return undefined
  return { traceId, parentId, flags: Number.parseInt(flags, 16) }
}
