import { type Meter, trace } from '@opentelemetry/api'
import type { Notice } from '../shell/category/notice'
import type { WorkersNotice } from '../shell/workers/worker'
import { attributes, tagOf } from './spans'

/** Everything that is reported besides answers: by categories, subscriptions, process managers, projections, workers. */
export type AnyNotice = Notice | WorkersNotice

const whatIsConcerned = (notice: AnyNotice): string | undefined => {
  if ('subscription' in notice) return notice.subscription
  if ('projection' in notice) return notice.projection
  return 'worker' in notice ? notice.worker : undefined
}

/** Counts notices, and adds those of a command to the span that is active. */
export const noticeTelemetry = (meter: Meter): ((notice: AnyNotice) => void) => {
  const notices = meter.createCounter('reprise.notices', {
    unit: '{notice}',
    description: 'What was reported besides answers, by kind.',
  })
  const conflicts = meter.createCounter('reprise.command.conflicts', {
    unit: '{command}',
    description: 'Commands that were decided again, because another writer was first.',
  })
  return (notice) => {
    const { _tag: kind } = notice
    const concerned = attributes({
      'messaging.destination.name': whatIsConcerned(notice),
      'error.type': 'error' in notice ? tagOf(notice.error) : undefined,
    })
    notices.add(1, { 'reprise.notice': kind, ...concerned })
    if (notice._tag === 'DecidedAgain') {
      const { streamId, commands, decidedOn, actual } = notice
      conflicts.add(commands)
      trace.getActiveSpan()?.addEvent('decided again', {
        'reprise.stream.id': streamId,
        'reprise.version': decidedOn,
        'reprise.version.actual': actual,
      })
    }
  }
}
