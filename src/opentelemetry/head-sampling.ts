import { type Link, type Span, trace, TraceFlags } from '@opentelemetry/api'

/** Decides what gets a span, before an SDK is asked. */
export interface HeadSampling {
  /** Of a command or a delivery. `links` are to what it follows. */
  readonly followsOrBegins: (...links: ReadonlyArray<Link | undefined>) => boolean
  /** Of what is a part of those. */
  readonly isInside: () => boolean
}

const isSampled = (flags: number): boolean => (flags & TraceFlags.SAMPLED) !== 0

/** The span of another process is never recorded here, and can be sampled. */
const isTraced = (span: Span | undefined): boolean =>
  span !== undefined && (span.isRecording() || isSampled(span.spanContext().traceFlags))

/**
 * True for one of so many calls: once in each run of that length, at a place that is drawn, so that no rhythm of what is
 * called hides anything.
 */
export const oneOf = (many: number, random: () => number): (() => boolean) => {
  let place = 0
  let chosen = 0
  return () => {
    if (place === 0) chosen = Math.floor(random() * many)
    const isChosen = place === chosen
    place = (place + 1) % many
    return isChosen
  }
}

const EVERYTHING: HeadSampling = {
  followsOrBegins: () => true,
  // In a span that is not recorded, nothing is; outside all spans a read of its own begins one.
  isInside: () => trace.getActiveSpan()?.isRecording() !== false,
}

/** One of so many gets a span. Anything else than an integer from 1 is taken for 1. */
export const headSampling = (many: number, random: () => number = Math.random): HeadSampling => {
  if (!Number.isSafeInteger(many) || many <= 1) return EVERYTHING
  const begins = oneOf(many, random)
  return {
    followsOrBegins: (...links) =>
      isTraced(trace.getActiveSpan()) ||
      links.some((link) => link !== undefined && isSampled(link.context.traceFlags)) ||
      begins(),
    isInside: () => trace.getActiveSpan()?.isRecording() === true,
  }
}
