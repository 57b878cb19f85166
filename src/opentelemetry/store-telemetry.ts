import { type Attributes, type Meter, SpanKind, type Tracer } from '@opentelemetry/api'
import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { AppendRequest } from '../core/append'
import type { AppendTogetherRequest } from '../core/append-together'
import type { BoundaryStore } from '../core/ports/boundary-store'
import type { StreamStore } from '../core/ports/event-store'
import { isFailure } from '../shell/notices/outcomes'
import { performance } from '../platform/node'
import { batchedHistogram } from './batched-histogram'
import { fail, inSpan, isUnrecorded, tagOf } from './spans'

/** Bounds of durations, in seconds: from what memory takes to what nobody waits for. */
export const DURATIONS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
]

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
export const storeTelemetry = (tracer: Tracer, meter: Meter) => {
  const duration = batchedHistogram(
    meter.createHistogram('db.client.operation.duration', {
      unit: 's',
      description:
        'How long the store took for a load, an append, a page of a stream or a snapshot.',
      advice: { explicitBucketBoundaries: DURATIONS },
    }),
  )
  const done = new Map<string, Attributes>()
  /** The same object each time: making it takes longer than recording. */
  const doneOf = (operation: string): Attributes => {
    const known = done.get(operation)
    if (known !== undefined) return known
    const made = { 'db.system.name': 'reprise', 'db.operation.name': operation }
    done.set(operation, made)
    return made
  }
  const timed = <Failure, Result>(
    operation: string,
    ask: TaskEither<Failure, Result>,
  ): Promise<E.Either<Failure, Result>> => {
    const begun = performance.now()
    // Not `await`: each promise more is followed by OpenTelemetry's context, which takes a microsecond.
    return ask().then((answer) => {
      const seconds = (performance.now() - begun) / 1000
      const attributes = doneOf(operation)
      duration.record(
        seconds,
        E.isRight(answer) ? attributes : { ...attributes, 'error.type': tagOf(answer.left) },
      )
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
    () =>
      isUnrecorded()
        ? timed(operation, ask)
        : inSpan(tracer, {
            name: operation,
            kind: SpanKind.CLIENT,
            attributes: {
              'db.system.name': 'reprise',
              'db.operation.name': operation,
              'reprise.stream.id': streamId,
            },
            task: () => () => timed(operation, ask),
            finish: (span, answer) => {
              if (E.isRight(answer)) span.setAttributes(told(answer.right))
              else {
                const _tag = tagOf(answer.left)
                span.setAttribute('reprise.outcome', _tag)
                if (isFailure({ _tag })) fail(span, answer.left)
              }
            },
          })()

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

  return {
    store: <Store extends StreamStore>(store: Store): Store => tracedStore(store) as Store,
    /** To be called before metrics are collected. */
    flush: duration.flush,
  }
}
