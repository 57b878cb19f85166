import type { Link, Span } from '@opentelemetry/api'
import type { Metadata } from '../core/metadata'
import { traceParentOf } from '../core/trace-parent'

/** The metadata, with the span that the events come from: `extra.traceparent`, as W3C Trace Context writes it. */
export const withTraceParent = (metadata: Metadata | undefined, span: Span): Metadata => {
  const { traceId, spanId, traceFlags } = span.spanContext()
  const traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
  return { ...metadata, extra: { ...metadata?.extra, traceparent } }
}

/** The span that an event comes from, if it says so. What is malformed is ignored. */
export const linkTo = ({ extra }: Metadata): Link | undefined => {
  const stored = extra?.['traceparent']
  const parent = typeof stored === 'string' ? traceParentOf(stored) : undefined
  return (
    parent && {
      context: {
        traceId: parent.traceId,
        spanId: parent.parentId,
        traceFlags: parent.flags,
        isRemote: true,
      },
    }
  )
}
