import { type Meter, SpanKind, type Tracer } from '@opentelemetry/api'
import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { EventStore } from '../core/ports/event-store'
import { attributes, fail, inSpan, isFailure, type Tagged } from './spans'

/** Spans and durations of what commands ask a store for. */
export const storeTelemetry = (tracer: Tracer, meter: Meter) => {
  const duration = meter.createHistogram('reprise.store.duration', {
    unit: 's',
    description: 'How long the store took for a load, an append, or a page of a stream.',
  })

  const traced = <Failure extends Tagged, Result>(
    operation: string,
    streamId: string,
    told: (result: Result) => Readonly<Record<string, string | number | undefined>>,
    ask: TaskEither<Failure, Result>,
  ): TaskEither<Failure, Result> =>
    inSpan(tracer, {
      name: operation,
      kind: SpanKind.CLIENT,
      attributes: { 'db.operation.name': operation, 'reprise.stream.id': streamId },
      task: () => ask,
      finish: (span, answer, seconds) => {
        const outcome = E.isRight(answer) ? 'done' : answer.left._tag
        duration.record(seconds, { 'db.operation.name': operation, 'reprise.outcome': outcome })
        span.setAttribute('reprise.outcome', outcome)
        if (E.isRight(answer)) span.setAttributes(attributes(told(answer.right)))
        else if (isFailure(answer.left)) fail(span, answer.left)
      },
    })

  return <Store extends EventStore>(store: Store): Store => ({
    ...store,
    load: (request) =>
      traced(
        'load',
        request.streamId,
        ({ events, version, snapshot }) => ({
          'reprise.events': events.length,
          'reprise.version': version,
          'reprise.snapshot.version': snapshot?.version,
        }),
        store.load(request),
      ),
    append: (request) =>
      traced(
        'append',
        request.streamId,
        ({ version }) => ({
          'reprise.events': request.events.length,
          'reprise.commands': request.commands.length,
          'reprise.version': version,
        }),
        store.append(request),
      ),
    read: (streamId, range) =>
      traced(
        'read',
        streamId,
        ({ events }) => ({ 'reprise.events': events.length }),
        store.read(streamId, range),
      ),
  })
}
