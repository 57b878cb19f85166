import { type MeterProvider, metrics, trace, type TracerProvider } from '@opentelemetry/api'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { EventStore } from '../core/ports/event-store'
import type { Operator } from '../core/ports/operator'
import type { DispatchOptions } from '../shell/outbox/dispatch-step'
import { commandTelemetry, type TracedCategory } from './command-telemetry'
import type {
  Subscription,
  TransactionalSubscription,
} from '../shell/subscription/run-subscription'
import { deliveryTelemetry } from './delivery-telemetry'
import { type AnyNotice, noticeTelemetry } from './notice-telemetry'
import { operatorTelemetry } from './operator-telemetry'
import { storeTelemetry } from './store-telemetry'

/** Where spans and metrics go. Every key is optional. */
export interface TelemetryOptions {
  /** Default: the one that the application has registered with `@opentelemetry/api`. */
  readonly tracerProvider?: TracerProvider
  /** Default: the one that the application has registered with `@opentelemetry/api`. */
  readonly meterProvider?: MeterProvider
}

/** What adds spans and metrics to the parts of an application. Nothing here changes an answer, or fails. */
export interface Telemetry {
  /**
   * The category with a span `handle <name>` for each command (attributes `reprise.command.type`, `reprise.outcome`,
   * `reprise.stream.id`, `reprise.events`, `reprise.version`), and the histogram `reprise.command.duration` in
   * seconds. Events get the span in their metadata, as `extra.traceparent`. A rejection or a conflict is an outcome,
   * not an error.
   *
   * @param name - of the category.
   */
  readonly category: <Open extends TracedCategory>(name: string, open: Open) => Open
  /**
   * The backend with spans `load`, `append` and `read` for what commands ask its store for, and the histogram
   * `reprise.store.duration` in seconds. Open categories on it, and they are in the span of their command. Reading the
   * whole store has no spans: it never ends.
   */
  readonly backend: <Backend extends { readonly store: EventStore }>(backend: Backend) => Backend
  /**
   * The subscription with a span `process <name>` for each event, linked to the span that the event comes from, and the
   * histogram `reprise.delivery.duration` in seconds.
   */
  readonly subscription: <Event>(subscription: Subscription<Event>) => Subscription<Event>
  /** The same for `runSubscriptionInTransaction`. */
  readonly subscriptionInTransaction: <Event, Transaction>(
    subscription: TransactionalSubscription<Event, Transaction>,
  ) => TransactionalSubscription<Event, Transaction>
  /**
   * What a process manager sends its commands with: a span `dispatch <name>` for each attempt, linked to the span of the
   * event that has caused the command, timers included.
   *
   * @param process - the name of the process manager.
   */
  readonly dispatch: <Command>(
    process: string,
    dispatch: (command: Command, options: DispatchOptions) => TaskEither<unknown, unknown>,
  ) => (command: Command, options: DispatchOptions) => TaskEither<unknown, unknown>
  /**
   * For every `onNotice`: counts notices (`reprise.notices`) and conflicts (`reprise.command.conflicts`), and adds
   * `decided again` to the span of the command.
   */
  readonly onNotice: (notice: AnyNotice) => void
  /**
   * Gauges of subscriptions and of the horizon, asked of the store whenever metrics are collected: one process of a
   * system is enough. A store that does not answer shows nothing. Returns what ends it.
   */
  readonly operator: (operator: Pick<Operator, 'status' | 'horizon'>) => () => void
}

const NAME = 'reprise'

/**
 * Adds spans and metrics to an application, with the SDK that it has set up. Without an SDK the API does nothing, and so
 * does this. Never fails.
 *
 * @example
 * const telemetry = openTelemetry()
 * const accounts = telemetry.category(
 *   'account',
 *   openCategory(account, telemetry.backend(backend), { onNotice: telemetry.onNotice }),
 * )
 */
export const openTelemetry = ({
  tracerProvider = trace.getTracerProvider(),
  meterProvider = metrics.getMeterProvider(),
}: TelemetryOptions = {}): Telemetry => {
  const tracer = tracerProvider.getTracer(NAME)
  const meter = meterProvider.getMeter(NAME)
  const traceStore = storeTelemetry(tracer, meter)
  return {
    category: commandTelemetry(tracer, meter),
    backend: (backend) => ({ ...backend, store: traceStore(backend.store) }),
    ...deliveryTelemetry(tracer, meter),
    onNotice: noticeTelemetry(meter),
    operator: operatorTelemetry(meter),
  }
}
