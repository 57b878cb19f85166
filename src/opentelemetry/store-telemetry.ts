import { type Attributes, SpanKind, type Tracer } from '@opentelemetry/api'
import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { AppendRequest } from '../core/append'
import type { AppendTogetherRequest } from '../core/append-together'
import type { BoundaryStore } from '../core/ports/boundary-store'
import type { StreamStore } from '../core/ports/event-store'
import { isFailure } from '../shell/notices/outcomes'
import { performance } from '../platform/node'
import type { DurationHistograms, DurationSeries } from './duration-histograms'
import { fail, inSpan, tagOf } from './spans'
import type { HeadSampling } from './head-sampling'

/** A store that may be able to decide across streams, or to work inside a transaction of the caller's. */
type AnyStore = StreamStore &
  Partial<BoundaryStore> & { readonly inTransaction?: (transaction: never) => AnyStore }

interface Asked<Failure, Result> {
  readonly operation: string
  readonly streamId?: string
  readonly told: (result: Result) => Attributes
  readonly ask: TaskEither<Failure, Result>
}

const eventsOf = (streams: ReadonlyArray<AppendRequest>): number =>
  streams.reduce((count, { events }) => count + events.length, 0)

/** Spans and durations of what commands ask a store for. */
export const storeTelemetry = (
  tracer: Tracer,
  { histogram }: Pick<DurationHistograms, 'histogram'>,
  { isInside }: HeadSampling,
): (<Store extends StreamStore>(store: Store) => Store) => {
  const duration = histogram(
    'db.client.operation.duration',
    'How long the store took for a load, an append, a page of a stream or a snapshot.',
  )
  const done = new Map<string, DurationSeries>()
  const doneOf = (operation: string): DurationSeries => {
    const known = done.get(operation)
    if (known !== undefined) return known
    const made = duration.series({ 'db.system.name': 'reprise', 'db.operation.name': operation })
    done.set(operation, made)
    return made
  }
  const failedOf = (operation: string, error: unknown): DurationSeries =>
    duration.series({
      'db.system.name': 'reprise',
      'db.operation.name': operation,
      'error.type': tagOf(error),
    })
  const record = (operation: string, begun: number, answer: E.Either<unknown, unknown>): void => {
    const seconds = (performance.now() - begun) / 1000
    const series = E.isRight(answer) ? doneOf(operation) : failedOf(operation, answer.left)
    series.record(seconds)
  }
  const timed = <Failure, Result>(
    operation: string,
    ask: TaskEither<Failure, Result>,
  ): Promise<E.Either<Failure, Result>> => {
    const begun = performance.now()
    // Not `await`: each promise more is followed by OpenTelemetry's context, which takes a microsecond.
    return ask().then((answer) => {
      record(operation, begun, answer)
      return answer
    })
  }

  const traced =
    <Failure, Result>({
      operation,
      streamId,
      told,
      ask,
    }: Asked<Failure, Result>): TaskEither<Failure, Result> =>
    () => {
      if (!isInside()) return timed(operation, ask)
      const begun = performance.now()
      return inSpan(tracer, {
        name: operation,
        kind: SpanKind.CLIENT,
        attributes: {
          'db.system.name': 'reprise',
          'db.operation.name': operation,
          'reprise.stream.id': streamId,
        },
        task: (span) => (span.isRecording() ? ask : () => timed(operation, ask)),
        finish: (span, answer) => {
          record(operation, begun, answer)
          if (E.isRight(answer)) span.setAttributes(told(answer.right))
          else {
            const _tag = tagOf(answer.left)
            span.setAttribute('reprise.outcome', _tag)
            if (isFailure({ _tag })) fail(span, answer.left)
          }
        },
      })()
    }

  const boundary = ({
    readMatching,
    appendTogether,
    appendLocked,
  }: Partial<BoundaryStore>): Partial<BoundaryStore> => ({
    ...(readMatching === undefined
      ? {}
      : {
          readMatching: (query, range) =>
            traced({
              operation: 'read_matching',
              told: ({ events }) => ({ 'reprise.events': events.length }),
              ask: readMatching(query, range),
            }),
        }),
    ...(appendTogether === undefined
      ? {}
      : {
          appendTogether: (request: AppendTogetherRequest) =>
            traced({
              operation: 'append_together',
              told: () => ({
                'reprise.events': eventsOf(request.streams),
                'reprise.streams': request.streams.length,
              }),
              ask: appendTogether(request),
            }),
        }),
    ...(appendLocked === undefined
      ? {}
      : {
          appendLocked: (likely, decide) =>
            traced({
              operation: 'append_locked',
              told: ({ streams }) => ({ 'reprise.streams': streams.length }),
              ask: appendLocked(likely, decide),
            }),
        }),
  })

  const tracedStore = (store: AnyStore): AnyStore => ({
    ...store,
    load: (request) =>
      traced({
        operation: 'load',
        streamId: request.streamId,
        told: ({ events, version, snapshot }) => ({
          'reprise.events': events.length,
          'reprise.version': version,
          'reprise.snapshot.version': snapshot?.version,
        }),
        ask: store.load(request),
      }),
    append: (request) =>
      traced({
        operation: 'append',
        streamId: request.streamId,
        told: ({ version }) => ({
          'reprise.events': request.events.length,
          'reprise.version': version,
        }),
        ask: store.append(request),
      }),
    read: (streamId, range) =>
      traced({
        operation: 'read',
        streamId,
        told: ({ events }) => ({ 'reprise.events': events.length }),
        ask: store.read(streamId, range),
      }),
    saveSnapshot: (snapshot) =>
      traced({
        operation: 'save_snapshot',
        streamId: snapshot.streamId,
        told: () => ({ 'reprise.version': snapshot.version }),
        ask: store.saveSnapshot(snapshot),
      }),
    ...boundary(store),
    ...(store.inTransaction === undefined
      ? {}
      : {
          inTransaction: (transaction: never) =>
            tracedStore(store.inTransaction?.(transaction) ?? store),
        }),
  })

  return (store) => tracedStore(store) as typeof store
}
