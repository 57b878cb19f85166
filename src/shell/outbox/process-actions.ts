import * as E from 'fp-ts/Either'
import { type ProcessAction, timerIssue } from '../../core/process-action'
import type { CommandCodec } from '../../core/codec/command-codec'
import {
  invalidTimer,
  type InvalidTimer,
  unencodableCommand,
  type UnencodableCommand,
} from '../../core/errors/process'
import type { StoreFailed } from '../../core/errors/store'
import type { JsonObject } from '../../core/json'
import type { Metadata } from '../../core/metadata'
import type { DueTime, OutboxWrites } from '../../core/ports/outbox'
import { sha256 } from '../../platform/node'

/** What caused some actions. */
export interface Cause {
  readonly process: string
  readonly key: string
  /** The id of the event, or of the rejected command. */
  readonly id: string
  readonly metadata: Metadata
}

/** Always the same for the same action, so that a command that is sent again has one effect. */
const commandIdOf = ({ process, key, id }: Cause, index: number): string => {
  const digest = sha256(JSON.stringify([process, key, id, index]), 'hex')
  return `${process}:${digest.slice(0, 32)}`
}

/** Of the application's own keys only the trace goes on: what follows belongs to it. */
const traceIn = (extra: JsonObject | undefined): Pick<Metadata, 'extra'> => {
  const { traceparent, tracestate } = extra ?? {}
  return traceparent === undefined
    ? {}
    : { extra: { traceparent, ...(tracestate === undefined ? {} : { tracestate }) } }
}

const metadataOf = ({ id, metadata: { correlationId, actor, extra } }: Cause): Metadata => ({
  correlationId: correlationId ?? id,
  causationId: id,
  ...(actor === undefined ? {} : { actor }),
  ...traceIn(extra),
})

const dueOf = <Command>(action: Exclude<ProcessAction<Command>, { _tag: 'Cancel' }>): DueTime => {
  switch (action._tag) {
    case 'Send':
      return { _tag: 'Now' }
    case 'After':
      return { _tag: 'After', timer: action.timer, delay: Math.max(0, action.delay) }
    case 'At':
      return { _tag: 'At', timer: action.timer, time: action.time }
  }
}

/** Writes the actions of a process to the outbox. */
export const writeActions = async <Command>(
  codec: CommandCodec<Command>,
  writes: OutboxWrites,
  cause: Cause,
  actions: ReadonlyArray<ProcessAction<Command>>,
): Promise<E.Either<StoreFailed | UnencodableCommand | InvalidTimer, void>> => {
  const { process, key } = cause
  for (const action of actions) {
    const issue = action._tag === 'Send' ? undefined : timerIssue(action)
    if (action._tag !== 'Send' && issue !== undefined) {
      return E.left(invalidTimer(process, key, action.timer, issue))
    }
  }
  for (const [index, action] of actions.entries()) {
    if (action._tag === 'Cancel') {
      const cancelled = await writes.cancel(process, key, action.timer)()
      if (E.isLeft(cancelled)) return cancelled
      continue
    }
    const command = codec.encode(action.command)
    if (E.isLeft(command)) return E.left(unencodableCommand(process, key, command.left))
    const id = commandIdOf(cause, index)
    const entry = { process, key, id, command: command.right, metadata: metadataOf(cause) }
    const added = await writes.add(entry, dueOf(action))()
    if (E.isLeft(added)) return added
  }
  return E.right(undefined)
}
