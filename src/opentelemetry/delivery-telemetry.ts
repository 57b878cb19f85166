import { SpanKind, type Tracer } from '@opentelemetry/api'
import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { Metadata } from '../core/metadata'
import type { RecordedEvent } from '../core/recorded-event'
import type { DispatchOptions } from '../shell/outbox/dispatch-step'
import type {
  Subscription,
  TransactionalSubscription,
} from '../shell/subscription/run-subscription'
import { performance } from '../platform/node'
import type { DurationHistograms } from './duration-histograms'
import type { HeadSampling } from './head-sampling'
import { fail, inSpan, messagingAttributes, tagOf, textOf } from './spans'
import { linkTo, withTraceParent } from './trace-links'

/** Something that is delivered, and the metadata it came with. */
interface Delivery<Result> {
  readonly kind: 'process' | 'dispatch'
  readonly name: string
  readonly told: () => Readonly<Record<string, string | number | undefined>>
  readonly metadata: Metadata
  /** Is given the metadata with this span, for what follows from it. */
  readonly task: (metadata: Metadata) => TaskEither<unknown, Result>
}

/** Spans of events that are handled, and spans and durations of commands that process managers send. */
export const deliveryTelemetry = (
  tracer: Tracer,
  { histogram }: Pick<DurationHistograms, 'histogram'>,
  { followsOrBegins }: HeadSampling,
) => {
  const sending = histogram(
    'messaging.client.operation.duration',
    'How long the receivers of commands of process managers took.',
  )

  const timed = async <Result>(
    name: string,
    task: TaskEither<unknown, Result>,
  ): Promise<E.Either<unknown, Result>> => {
    const begun = performance.now()
    const answer = await task()
    const series = sending.series({
      ...messagingAttributes('dispatch', name),
      'messaging.operation.type': 'send',
      ...(E.isRight(answer) ? {} : { 'error.type': tagOf(answer.left) }),
    })
    series.record((performance.now() - begun) / 1000)
    return answer
  }

  const traced =
    <Result>(delivery: Delivery<Result>): TaskEither<unknown, Result> =>
    () => {
      const { kind, name, told, metadata, task } = delivery
      const timedTask = (own: Metadata): TaskEither<unknown, Result> =>
        kind === 'process' ? task(own) : () => timed(name, task(own))
      const link = linkTo(metadata)
      if (!followsOrBegins(link)) return timedTask(metadata)()
      return inSpan(tracer, {
        name: `${kind} ${name}`,
        kind: kind === 'process' ? SpanKind.CONSUMER : SpanKind.PRODUCER,
        attributes: {
          ...messagingAttributes(kind, name),
          'messaging.operation.type': kind === 'process' ? 'process' : 'send',
          ...told(),
        },
        ...(link === undefined ? {} : { links: [link] }),
        task: (span) => timedTask(span.isRecording() ? withTraceParent(metadata, span) : metadata),
        finish: (span, answer) => {
          if (E.isLeft(answer)) fail(span, answer.left)
        },
      })()
    }

  const handled = <Event>(
    name: string,
    { event, id, streamId, version, position, metadata }: RecordedEvent<Event>,
    handle: TaskEither<unknown, void>,
  ): TaskEither<unknown, void> =>
    traced({
      kind: 'process',
      name,
      told: () => ({
        'reprise.event.type': textOf(event, 'type'),
        'reprise.stream.id': streamId,
        'reprise.version': version,
        'reprise.position': position,
        'messaging.message.id': id,
      }),
      metadata,
      task: () => handle,
    })

  return {
    subscription: <Event>(subscription: Subscription<Event>): Subscription<Event> => ({
      ...subscription,
      handle: (event, handler) =>
        handled(subscription.name, event, () => subscription.handle(event, handler)()),
    }),

    subscriptionInTransaction: <Event, Transaction>(
      subscription: TransactionalSubscription<Event, Transaction>,
    ): TransactionalSubscription<Event, Transaction> => ({
      ...subscription,
      handle: (event, transaction, handler) =>
        handled(subscription.name, event, () => subscription.handle(event, transaction, handler)()),
    }),

    dispatch:
      <Command>(
        process: string,
        dispatch: (command: Command, options: DispatchOptions) => TaskEither<unknown, unknown>,
      ) =>
      (command: Command, options: DispatchOptions): TaskEither<unknown, unknown> =>
        traced({
          kind: 'dispatch',
          name: process,
          told: () => ({
            'reprise.command.type': textOf(command, 'type'),
            'messaging.message.id': options.commandId,
          }),
          metadata: options.metadata,
          task: (metadata) => dispatch(command, { ...options, metadata }),
        }),
  }
}
