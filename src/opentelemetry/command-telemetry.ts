import { type Meter, type Span, SpanKind, type Tracer } from '@opentelemetry/api'
import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { StreamVersion } from '../core/stream'
import type { CommandOptions } from '../shell/category/command'
import { attributes, fail, inSpan, isFailure, textOf, type Tagged } from './spans'
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

/** The options with the span in their metadata. Those that throw when they are read are left for the category to refuse. */
const tracedOptions = (options: CommandOptions | undefined, span: Span) => {
  const traced = E.tryCatch(
    () => ({ ...options, metadata: withTraceParent(options?.metadata, span) }),
    () => options,
  )
  return E.isRight(traced) ? traced.right : traced.left
}

/** Spans and durations of the commands of a category. */
export const commandTelemetry = (tracer: Tracer, meter: Meter) => {
  const duration = meter.createHistogram('reprise.command.duration', {
    unit: 's',
    description: 'How long commands took, retries included.',
  })

  const traced =
    (category: string, send: SendCommand<unknown>): SendCommand<unknown> =>
    (id, command, options) =>
      inSpan(tracer, {
        name: `handle ${category}`,
        kind: SpanKind.INTERNAL,
        attributes: attributes({
          'reprise.category': category,
          'reprise.stream.id': typeof id === 'string' ? `${category}-${id}` : undefined,
        }),
        task: (span) =>
          send(id, command, span.isRecording() ? tracedOptions(options, span) : options),
        finish: (span, answer, seconds) => {
          const outcome = E.isRight(answer) ? 'accepted' : answer.left._tag
          // Of a command that is none, nothing is told: its type may be anything, and without end.
          const type = outcome === 'InvalidCommand' ? undefined : textOf(command, 'type')
          const told = attributes({ 'reprise.command.type': type, 'reprise.outcome': outcome })
          duration.record(seconds, { 'reprise.category': category, ...told })
          span.setAttributes(told)
          if (E.isRight(answer)) {
            const { events, version } = answer.right
            span.setAttributes({ 'reprise.events': events.length, 'reprise.version': version })
          } else if (isFailure(answer.left)) {
            fail(span, answer.left)
          }
        },
      })

  return <Open extends TracedCategory>(category: string, open: Open): Open => ({
    ...open,
    handleCommand: traced(category, open.handleCommand as SendCommand<unknown>),
    handle: traced(category, open.handle),
  })
}
