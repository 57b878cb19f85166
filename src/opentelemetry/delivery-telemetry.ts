import { type Meter, SpanKind, type Tracer } from '@opentelemetry/api'
import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { Metadata } from '../core/metadata'
import type { RecordedEvent } from '../core/recorded-event'
import type { DispatchOptions } from '../shell/outbox/dispatch-step'
import type {
  Subscription,
  TransactionalSubscription,
} from '../shell/subscription/run-subscription'
import { attributes, fail, inSpan, tagOf, textOf } from './spans'
import { linkTo, withTraceParent } from './trace-links'

const linksOf = (metadata: Metadata) => {
  const link = linkTo(metadata)
  return link === undefined ? {} : { links: [link] }
}

/** Something that is delivered, and the metadata it came with. */
interface Delivery<Result> {
  readonly kind: 'process' | 'dispatch'
  readonly name: string
  readonly told: Readonly<Record<string, string | number | undefined>>
  readonly metadata: Metadata
  /** Is given the metadata with this span, for what follows from it. */
  readonly task: (metadata: Metadata) => TaskEither<unknown, Result>
}

/** Spans and durations of events that are handled, and of commands that process managers send. */
export const deliveryTelemetry = (tracer: Tracer, meter: Meter) => {
  const duration = meter.createHistogram('reprise.delivery.duration', {
    unit: 's',
    description:
      'How long handlers of events, and receivers of commands of process managers, took.',
  })

  const traced = <Result>({ kind, name, told, metadata, task }: Delivery<Result>) =>
    inSpan(tracer, {
      name: `${kind} ${name}`,
      kind: SpanKind.CONSUMER,
      attributes: attributes({
        'messaging.system': 'reprise',
        'messaging.destination.name': name,
        ...told,
      }),
      ...linksOf(metadata),
      task: (span) => task(span.isRecording() ? withTraceParent(metadata, span) : metadata),
      finish: (span, answer, seconds) => {
        const outcome = E.isRight(answer) ? 'done' : tagOf(answer.left)
        duration.record(seconds, { 'messaging.destination.name': name, 'reprise.outcome': outcome })
        if (E.isLeft(answer)) fail(span, answer.left)
      },
    })

  const handled = <Event>(
    name: string,
    { event, id, streamId, version, position, metadata }: RecordedEvent<Event>,
    handle: TaskEither<unknown, void>,
  ): TaskEither<unknown, void> =>
    traced({
      kind: 'process',
      name,
      told: {
        'reprise.event.type': textOf(event, 'type'),
        'reprise.stream.id': streamId,
        'reprise.version': version,
        'reprise.position': position,
        'messaging.message.id': id,
      },
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
          told: {
            'reprise.command.type': textOf(command, 'type'),
            'messaging.message.id': options.commandId,
          },
          metadata: options.metadata,
          task: (metadata) => dispatch(command, { ...options, metadata }),
        }),
  }
}
