import {
  createNoopMeter,
  type Meter,
  type MeterProvider,
  metrics,
  trace,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api'
import { identity } from 'fp-ts/function'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { StreamStore } from '../core/ports/event-store'
import type { Operator } from '../core/ports/operator'
import type { DispatchOptions } from '../shell/outbox/dispatch-step'
import type { Category } from '../core/category'
import { type AnyNotice, type Observed } from '../shell/notices/notices'
import {
  commandTelemetry,
  type TracedBoundary,
  type TracedCategory,
  type TracedTogether,
} from './command-telemetry'
import type {
  Subscription,
  TransactionalSubscription,
} from '../shell/subscription/run-subscription'
import { deliveryTelemetry } from './delivery-telemetry'
import { type DurationHistograms, meteredHistograms } from './duration-histograms'
import { headSampling } from './head-sampling'
import { noticeTelemetry } from './notice-telemetry'
import { operatorTelemetry } from './operator-telemetry'
import { storeTelemetry } from './store-telemetry'

/** Where spans and metrics go. Every key is optional. */
export interface TelemetryOptions {
  /** Default: the one that the application has registered with `@opentelemetry/api`. */
  readonly tracerProvider?: TracerProvider
  /** Default: the one that the application has registered with `@opentelemetry/api`. */
  readonly meterProvider?: MeterProvider
  /**
   * Where histograms of durations are kept, in place of the meter provider: `durationHistograms()`, of which a metric reader
   * was given a producer. It costs a fraction. Default: the meter provider.
   */
  readonly histograms?: DurationHistograms
  /**
   * Of so many commands outside a recorded span, one gets a span, which the sampler of the SDK then decides about; the others
   * touch neither tracer nor context. The same goes for events and batches that no recorded span has led to. What is in a
   * recorded span, or linked to a sampled one, always gets its own; metrics count everything. Default: 1, so all. Anything else
   * than an integer from 1 is taken for 1.
   */
  readonly traceOneOf?: number
}

/** What adds spans and metrics to the parts of an application. Nothing here changes an answer, or fails. */
export interface Telemetry {
  /**
   * The backend with
   * - spans `load`, `append`, `read`, `save_snapshot` and those of boundaries for what commands ask its store for, and the
   *   histogram `db.client.operation.duration` in seconds. Reading the whole store has none: it never ends.
   * - an `onAnyNotice`, besides its own, that makes metrics of everything that is reported, a span `batch <name>` for each
   *   batch of events, linked to the spans that they come from, and `build <name>` for each build of a projection.
   *
   * Open and run everything on it.
   */
  readonly backend: <Backend extends { readonly store: StreamStore } & Observed>(
    backend: Backend,
  ) => Backend
  /**
   * The category with a span `handle <name>` for each command (attributes `reprise.command.type`, `reprise.outcome`,
   * `reprise.stream.id`, `reprise.version`; on a traced backend also `reprise.events`, `reprise.attempts`,
   * `reprise.cached`, `reprise.group`, `reprise.waiting`). Events get the span in their metadata, as `extra.traceparent`.
   * A rejection or a conflict is an outcome, not an error.
   *
   * @param name - of the category.
   */
  readonly category: <Open extends TracedCategory>(name: string, open: Open) => Open
  /** The same for `openBoundary`. */
  readonly boundary: <Open extends TracedBoundary>(name: string, open: Open) => Open
  /** The same for `openTogether`. */
  readonly together: <Open extends TracedTogether>(name: string, open: Open) => Open
  /** The declared category with a span `decide <name>` for each decision of a command that is recorded. */
  readonly decisions: <Command, State, Event, Rejection>(
    category: Category<Command, State, Event, Rejection>,
  ) => Category<Command, State, Event, Rejection>
  /**
   * The subscription with a span `process <name>` for each event, linked to the span that the event comes from.
   */
  readonly subscription: <Event>(subscription: Subscription<Event>) => Subscription<Event>
  /** The same for `runSubscriptionInTransaction`. */
  readonly subscriptionInTransaction: <Event, Transaction>(
    subscription: TransactionalSubscription<Event, Transaction>,
  ) => TransactionalSubscription<Event, Transaction>
  /**
   * What a process manager sends its commands with: a span `dispatch <name>` for each attempt, linked to the span of the
   * event that has caused the command, timers included; and the histogram `messaging.client.operation.duration` in
   * seconds.
   *
   * @param process - the name of the process manager.
   */
  readonly dispatch: <Command>(
    process: string,
    dispatch: (command: Command, options: DispatchOptions) => TaskEither<unknown, unknown>,
  ) => (command: Command, options: DispatchOptions) => TaskEither<unknown, unknown>
  /**
   * Gauges of subscriptions and of the horizon, asked of the store whenever metrics are collected: one process of a
   * system is enough. A store that does not answer shows nothing. Returns what ends it.
   */
  readonly operator: (operator: Pick<Operator, 'status' | 'horizon'>) => () => void
}

const NAME = 'reprise'

/** The provider of the API, which an application has not registered its own with yet. */
interface ForwardingProvider extends TracerProvider {
  readonly getDelegateTracer?: (name: string) => Tracer | undefined
}

/** Whether an SDK is registered, or was given: the API has a provider of its own that does nothing. */
const isTracing = (provider: ForwardingProvider): boolean =>
  provider.getDelegateTracer === undefined || provider.getDelegateTracer(NAME) !== undefined

const isMetering = (meter: Meter): boolean => meter.constructor !== createNoopMeter().constructor

/** Everything as it is: nothing is paid for what nobody collects. */
const UNCHANGED: Telemetry = {
  backend: identity,
  category: (_name, open) => open,
  boundary: (_name, open) => open,
  together: (_name, open) => open,
  decisions: identity,
  subscription: identity,
  subscriptionInTransaction: identity,
  dispatch: (_process, dispatch) => dispatch,
  operator: () => () => undefined,
}

/**
 * Adds spans and metrics to an application, with the SDK that it has set up before. Without one everything stays as it is, and
 * nothing is paid. Never fails.
 *
 * @example
 * const telemetry = openTelemetry()
 * const backend = telemetry.backend(postgres(pool))
 * const accounts = telemetry.category('account', openCategory(account, backend))
 */
export const openTelemetry = ({
  tracerProvider = trace.getTracerProvider(),
  meterProvider = metrics.getMeterProvider(),
  histograms,
  traceOneOf = 1,
}: TelemetryOptions = {}): Telemetry => {
  const tracer = tracerProvider.getTracer(NAME)
  const meter = meterProvider.getMeter(NAME)
  if (!isTracing(tracerProvider) && !isMetering(meter) && histograms === undefined) return UNCHANGED
  const metered = meteredHistograms(meter)
  const durations = histograms ?? metered
  const sampling = () => headSampling(traceOneOf) // each counts what it is asked about
  const traceStore = storeTelemetry(tracer, durations, sampling())
  const note = noticeTelemetry({
    tracer,
    meter,
    histograms: durations,
    sampling: sampling(),
    beforeCollection: metered.flush,
  })
  return {
    backend: (backend) => {
      const { store, onAnyNotice } = backend
      return {
        ...backend,
        store: traceStore(store),
        onAnyNotice:
          onAnyNotice === undefined
            ? note
            : (notice: AnyNotice) => {
                note(notice)
                onAnyNotice(notice)
              },
      }
    },
    ...commandTelemetry(tracer, sampling()),
    ...deliveryTelemetry(tracer, durations, sampling()),
    operator: operatorTelemetry(meter),
  }
}
