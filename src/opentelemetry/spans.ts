import {
  type Attributes,
  type Span,
  type SpanOptions,
  SpanStatusCode,
  type Tracer,
} from '@opentelemetry/api'
import type * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'

/** What every error of the library has. */
export interface Tagged {
  readonly _tag: string
}

/** Answers that the application expects. Every other Left is a failure. */
const expected = new Set([
  'Rejected',
  'VersionConflict',
  'VersionConflicts',
  'BoundaryConflict',
  'CommandAlreadyHandled',
  'CommandIdReused',
  'InvalidCommand',
  'InvalidStreamId',
  'VersionNotReached',
])

export const isFailure = ({ _tag: tag }: Tagged): boolean => !expected.has(tag)

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

/** Marks a span as failed. */
export const fail = (span: Span, error: unknown): void => {
  span.setAttribute('error.type', tagOf(error))
  span.setStatus({ code: SpanStatusCode.ERROR, message: textOf(error, 'message') ?? '' })
}

/** A task, and the span that it runs in. */
export interface SpanOf<Failure, Result> extends SpanOptions {
  readonly name: string
  readonly task: (span: Span) => TaskEither<Failure, Result>
  /** Is given the answer and how long it took, in seconds, before the span ends. */
  readonly finish: (span: Span, answer: E.Either<Failure, Result>, seconds: number) => void
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
    tracer.startActiveSpan(name, options, async (span) => {
      const begun = performance.now()
      let hasAnswer = false
      try {
        const answer = await task(span)()
        hasAnswer = true
        finish(span, answer, (performance.now() - begun) / 1000)
        return answer
      } finally {
        if (!hasAnswer) fail(span, undefined)
        span.end()
      }
    })

/** Attributes without those that are `undefined`. */
export const attributes = (
  given: Readonly<Record<string, string | number | undefined>>,
): Attributes =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
