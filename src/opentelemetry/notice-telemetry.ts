import {
  type Link,
  type Meter,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api'
import type { StoredEvent } from '../core/recorded-event'
import type { AnyNotice, HandledNotice } from '../shell/notices/notices'
import { commandMetrics } from './command-metrics'
import type { DurationHistograms } from './duration-histograms'
import type { HeadSampling } from './head-sampling'
import { messagingAttributes, tagOf } from './spans'
import { linkTo } from './trace-links'

type Told<Tag extends AnyNotice['_tag']> = Extract<AnyNotice, { readonly _tag: Tag }>

/** What the span of a command says of how it was handled. */
const noteCommand = ({ events, attempts, isCached, group, waiting }: Told<'CommandHandled'>) => {
  const span = trace.getActiveSpan()
  if (span?.isRecording() !== true) return
  span.setAttributes({
    'reprise.events': events,
    'reprise.attempts': attempts,
    'reprise.cached': isCached,
    'reprise.group': group,
    'reprise.waiting': waiting,
  })
}

/** Links beyond these an SDK drops. */
const MOST_LINKS = 128

/** The spans that events come from, each once. */
const linksOf = (events: ReadonlyArray<StoredEvent>): Link[] => {
  const links = new Map<string, Link>()
  for (const { metadata } of events) {
    if (links.size === MOST_LINKS) break
    const link = linkTo(metadata)
    if (link !== undefined) links.set(link.context.spanId, link)
  }
  return [...links.values()]
}

/** Spans of batches of events, made when they are over. */
const batchSpans =
  (tracer: Tracer, { followsOrBegins }: HeadSampling) =>
  ({ subscription, partition, events, upTo, duration }: Told<'EventsHandled'>): void => {
    const links = linksOf(events)
    if (!followsOrBegins(...links)) return
    const span = tracer.startSpan(`batch ${subscription}`, {
      kind: SpanKind.CONSUMER,
      root: true,
      startTime: Date.now() - duration,
      links,
      attributes: {
        ...messagingAttributes('batch', subscription),
        'messaging.operation.type': 'process',
        'messaging.destination.partition.id': String(partition),
        'messaging.batch.message_count': events.length,
        'reprise.position': upTo,
      },
    })
    span.end()
  }

/** How the work on a build ends when nothing is wrong. */
const ENDINGS = new Set(['activated', 'superseded', 'removed', 'stopped'])

/** Spans of builds of projections, from when one is begun until this process works no more on it. */
const buildSpans = (tracer: Tracer) => {
  const open = new Map<string, Span>()

  const begin = ({ projection, version, build }: Told<'BuildBegun'>): void => {
    const span = tracer.startSpan(`build ${projection}`, {
      kind: SpanKind.INTERNAL,
      root: true,
      attributes: {
        'messaging.destination.name': projection,
        'reprise.projection.version': version,
        'reprise.projection.build': build,
      },
    })
    open.set(projection, span)
  }

  const end = ({ projection, outcome }: Told<'BuildEnded'>): void => {
    const span = open.get(projection)
    open.delete(projection)
    span?.setAttribute('reprise.outcome', outcome)
    if (!ENDINGS.has(outcome)) span?.setStatus({ code: SpanStatusCode.ERROR, message: outcome })
    span?.end()
  }

  return (notice: AnyNotice): void => {
    if (!('projection' in notice)) return
    const span = open.get(notice.projection)
    if (notice._tag === 'BuildBegun') begin(notice)
    else if (notice._tag === 'BuildEnded') end(notice)
    else if (notice._tag === 'BuildProgress') {
      span?.setAttributes({
        'reprise.position': notice.reached,
        'reprise.position.target': notice.target,
      })
    } else if (notice._tag === 'BuildHeldBack') {
      span?.addEvent('held back', { 'reprise.held': notice.held })
    } else if (notice._tag === 'BuildTroubled') {
      span?.addEvent('troubled', { 'error.type': tagOf(notice.error) })
    }
  }
}

const concernedBy = (notice: AnyNotice): string | undefined => {
  if ('subscription' in notice) return notice.subscription
  if ('projection' in notice) return notice.projection
  return 'worker' in notice ? notice.worker : undefined
}

const isHandled = (notice: AnyNotice): notice is HandledNotice =>
  notice._tag === 'CommandHandled' ||
  notice._tag === 'EventsHandled' ||
  notice._tag === 'CommandSent'

/** What notices are told to. */
export interface NoticeTargets {
  readonly tracer: Tracer
  readonly meter: Meter
  readonly histograms: Pick<DurationHistograms, 'histogram'>
  readonly sampling: HeadSampling
  /** See {@link commandMetrics}. */
  readonly beforeCollection: () => void
}

/** Metrics and spans of everything that is reported. */
export const noticeTelemetry = ({
  tracer,
  meter,
  histograms,
  sampling,
  beforeCollection,
}: NoticeTargets): ((notice: AnyNotice) => void) => {
  const command = commandMetrics(meter, histograms, beforeCollection)
  const batch = batchSpans(tracer, sampling)
  const build = buildSpans(tracer)
  const notices = meter.createCounter('reprise.notices', {
    unit: '{notice}',
    description: 'What was reported besides what was handled, by kind.',
  })
  const processing = histograms.histogram(
    'messaging.process.duration',
    'How long a batch of events took, with its checkpoint.',
  )
  const consumed = meter.createCounter('messaging.client.consumed.messages', {
    unit: '{message}',
    description: 'Events that were handled.',
  })
  const sent = meter.createCounter('messaging.client.sent.messages', {
    unit: '{message}',
    description: 'Commands of process managers that have reached their receiver.',
  })

  const handled = (notice: HandledNotice): void => {
    switch (notice._tag) {
      case 'CommandHandled':
        command.handled(notice)
        noteCommand(notice)
        break
      case 'EventsHandled': {
        const { subscription, events, duration } = notice
        const attributes = messagingAttributes('batch', subscription)
        processing.series(attributes).record(duration / 1000)
        consumed.add(events.length, attributes)
        batch(notice)
        break
      }
      case 'CommandSent': {
        const attributes = messagingAttributes('dispatch', notice.subscription)
        sent.add(1, { ...attributes, 'reprise.outcome': notice.outcome })
        break
      }
    }
  }

  const overtaken = (notice: Told<'DecidedAgain' | 'BoundaryDecidedAgain'>): void => {
    if (notice._tag === 'DecidedAgain') {
      const { streamId, commands, decidedOn, actual } = notice
      command.overtaken(streamId.slice(0, streamId.indexOf('-')), commands)
      trace.getActiveSpan()?.addEvent('decided again', {
        'reprise.stream.id': streamId,
        'reprise.version': decidedOn,
        'reprise.version.actual': actual,
      })
    } else {
      const { boundary, position, attempts } = notice
      command.overtaken(boundary, 1)
      trace.getActiveSpan()?.addEvent('decided again', {
        'reprise.position': position,
        'reprise.attempts': attempts,
      })
    }
  }

  return (notice) => {
    if (isHandled(notice)) {
      handled(notice)
      return
    }
    build(notice)
    const concerned = concernedBy(notice)
    notices.add(1, {
      'reprise.notice': notice._tag,
      ...(concerned === undefined ? {} : { 'messaging.destination.name': concerned }),
      ...('error' in notice ? { 'error.type': tagOf(notice.error) } : {}),
      ...('parked' in notice ? { 'reprise.parked': notice.parked } : {}),
    })
    if (notice._tag === 'DecidedAgain' || notice._tag === 'BoundaryDecidedAgain') overtaken(notice)
  }
}
