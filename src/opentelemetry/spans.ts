import {
  type Attributes,
  type Span,
  type SpanOptions,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api'
import type * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'

/** What every error of the library has. */
export interface Tagged {
  readonly _tag: string
}

/** A text in a value of which nothing is known: it may be a proxy, or have getters that throw. */
export const textOf = (value: unknown, key: string): string | undefined => {
  try {
    const found: unknown =
      typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
    return typeof found === 'string' ? found : undefined
  } catch {
    return undefined
  }
}

/** The tag of an error of this library, or what can be said of any other. */
export const tagOf = (error: unknown): string =>
  textOf(error, '_tag') ?? (error instanceof Error ? error.name : 'unknown')

/** The attributes of work on a subscription or for a process manager, by the semantic conventions for messaging. */
export const messagingAttributes = (operation: string, name: string): Attributes => ({
  'messaging.system': 'reprise',
  'messaging.operation.name': operation,
  'messaging.destination.name': name,
})

/** Marks a span as failed. */
export const fail = (span: Span, error: unknown): void => {
  span.setAttribute('error.type', tagOf(error))
  span.setStatus({ code: SpanStatusCode.ERROR, message: textOf(error, 'message') ?? '' })
}

/** Whether what runs now is in a span that is recorded. */
export const isRecorded = (): boolean => trace.getActiveSpan()?.isRecording() === true

/** A task, and the span that it runs in. */
export interface SpanOf<Failure, Result> extends SpanOptions {
  readonly name: string
  readonly task: (span: Span) => TaskEither<Failure, Result>
  /** Is given the answer before the span ends. Only for a span that is recorded. */
  readonly finish: (span: Span, answer: E.Either<Failure, Result>) => void
}

/**
 * Runs a task in a span, which is the parent of every span that is started meanwhile. Never changes the answer, nor what
 * the task throws.
 */
export const inSpan =
  <Failure, Result>(
    tracer: Tracer,
    { name, task, finish, ...options }: SpanOf<Failure, Result>,
  ): TaskEither<Failure, Result> =>
  () =>
    tracer.startActiveSpan(name, options, (span) =>
      span.isRecording() ? recorded(span, task, finish) : task(span)(),
    )

/** Not `async`: each promise more is followed by OpenTelemetry's context, which takes a microsecond. */
const recorded = <Failure, Result>(
  span: Span,
  task: SpanOf<Failure, Result>['task'],
  finish: SpanOf<Failure, Result>['finish'],
): Promise<E.Either<Failure, Result>> => {
  const failed = (): void => {
    fail(span, undefined)
    span.end()
  }
  const answered = (answer: E.Either<Failure, Result>): E.Either<Failure, Result> => {
    try {
      finish(span, answer)
      return answer
    } finally {
      span.end()
    }
  }
  let isRunning = false
  try {
    const running = task(span)()
    isRunning = true
    return running.then(answered, () => {
      failed()
      return running // which is what has failed
    })
  } finally {
    if (!isRunning) failed()
  }
}
