import { type Span, SpanKind, type Tracer } from '@opentelemetry/api'
import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { Category } from '../core/category'
import type { Metadata } from '../core/metadata'
import type { StreamVersion } from '../core/stream'
import type { CommandOptions } from '../shell/category/command'
import { isFailure } from '../shell/notices/outcomes'
import type { HeadSampling } from './head-sampling'
import { fail, inSpan, isRecorded, type Tagged, textOf } from './spans'
import { withTraceParent } from './trace-links'

/** What a command is sent with: `handleCommand` and `handle` of an open category. */
export type SendCommand<Command> = (
  id: string,
  command: Command,
  options?: CommandOptions,
) => TaskEither<
  Tagged,
  { readonly events: ReadonlyArray<unknown>; readonly version: StreamVersion }
>

/** The functions of an open category that are traced. */
export interface TracedCategory {
  readonly handleCommand: SendCommand<never>
  readonly handle: SendCommand<unknown>
}

/** The options of what {@link TracedBoundary} and {@link TracedTogether} send. */
export interface SentOptions {
  readonly commandId?: string
  readonly metadata?: Metadata
}

/** What a command of a boundary is sent with: its `handleCommand` and `handle`. */
export type SendToBoundary<Command> = (
  command: Command,
  options?: SentOptions,
) => ReturnType<SendCommand<Command>>

/** The functions of an open boundary that are traced. */
export interface TracedBoundary {
  readonly handleCommand: SendToBoundary<never>
  readonly handle: SendToBoundary<unknown>
}

/** The function of categories that are open together that is traced. */
export interface TracedTogether {
  /** Fails as `handleCommands` of `openTogether` does, with a record that has a `_tag`. */
  readonly handleCommands: (commands: never, options?: SentOptions) => TaskEither<Tagged, object>
}

/** The options with the span in their metadata. Those that throw when they are read are left for the category to refuse. */
const tracedOptions = <Options extends SentOptions>(
  options: Options | undefined,
  span: Span,
): Options | undefined => {
  const traced = E.tryCatch(
    () =>
      ({ ...options, metadata: withTraceParent(options?.metadata, span) }) as unknown as Options,
    () => options,
  )
  return E.isRight(traced) ? traced.right : traced.left
}

/** What is sent, and what is known of it before it is answered. */
interface Sending<Options, Failure, Result> {
  readonly name: string
  readonly streamId?: string | undefined
  readonly command: unknown
  readonly options: Options | undefined
  readonly send: (options: Options | undefined) => TaskEither<Failure, Result>
}

/** Spans of commands. How they went is added by the notice of each: see `notice-telemetry`. */
export const commandTelemetry = (tracer: Tracer, { followsOrBegins }: HeadSampling) => {
  const traced = <Options extends SentOptions, Failure extends Tagged, Result extends object>({
    name,
    streamId,
    command,
    options,
    send,
  }: Sending<Options, Failure, Result>): Promise<E.Either<Failure, Result>> =>
    inSpan(tracer, {
      name: `handle ${name}`,
      kind: SpanKind.INTERNAL,
      attributes: { 'reprise.category': name, 'reprise.stream.id': streamId },
      task: (span) => send(span.isRecording() ? tracedOptions(options, span) : options),
      finish: (span, answer) => {
        const outcome = E.isRight(answer) ? 'accepted' : answer.left._tag
        // Of a command that is none, nothing is told: its type may be anything, and without end.
        const type = outcome === 'InvalidCommand' ? undefined : textOf(command, 'type')
        if (type !== undefined) span.setAttribute('reprise.command.type', type)
        span.setAttribute('reprise.outcome', outcome)
        if (E.isLeft(answer)) {
          if (isFailure(answer.left)) fail(span, answer.left)
          return
        }
        const { right: result } = answer
        if ('version' in result && typeof result.version === 'number') {
          span.setAttribute('reprise.version', result.version)
        }
      },
    })()

  const category = <Open extends TracedCategory>(name: string, open: Open): Open => {
    const tracing =
      (send: SendCommand<unknown>): SendCommand<unknown> =>
      (id, command, options) =>
      () =>
        followsOrBegins()
          ? traced({
              name,
              streamId: typeof id === 'string' ? `${name}-${id}` : undefined,
              command,
              options,
              send: (own) => send(id, command, own),
            })
          : send(id, command, options)()
    return {
      ...open,
      handleCommand: tracing(open.handleCommand as SendCommand<unknown>),
      handle: tracing(open.handle),
    }
  }

  const boundary = <Open extends TracedBoundary>(name: string, open: Open): Open => {
    const tracing =
      (send: SendToBoundary<unknown>): SendToBoundary<unknown> =>
      (command, options) =>
      () =>
        followsOrBegins()
          ? traced({ name, command, options, send: (own) => send(command, own) })
          : send(command, options)()
    return {
      ...open,
      handleCommand: tracing(open.handleCommand as SendToBoundary<unknown>),
      handle: tracing(open.handle),
    }
  }

  const together = <Open extends TracedTogether>(name: string, open: Open): Open => ({
    ...open,
    handleCommands: (commands: never, options?: SentOptions) => () =>
      followsOrBegins()
        ? traced({
            name,
            command: undefined,
            options,
            send: (own) => open.handleCommands(commands, own),
          })
        : open.handleCommands(commands, options)(),
  })

  /** A span for each decision, if that of its command is recorded. */
  const decisions = <Command, State, Event, Rejection>(
    declared: Category<Command, State, Event, Rejection>,
  ): Category<Command, State, Event, Rejection> => {
    const { decider } = declared
    const name = `decide ${declared.name}`
    return {
      ...declared,
      decider: {
        ...decider,
        decide: (command, state) => {
          if (!isRecorded()) return decider.decide(command, state)
          const span = tracer.startSpan(name)
          let decision: ReturnType<typeof decider.decide> | undefined
          try {
            decision = decider.decide(command, state)
            return decision
          } finally {
            if (decision === undefined) fail(span, undefined)
            else span.setAttribute('reprise.outcome', E.isRight(decision) ? 'accepted' : 'Rejected')
            span.end()
          }
        },
      },
    }
  }

  return { category, boundary, together, decisions }
}
