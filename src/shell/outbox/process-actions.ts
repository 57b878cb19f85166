import { createHash } from 'node:crypto'
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
import type { Metadata } from '../../core/metadata'
import type { DueTime, OutboxWrites } from '../../core/ports/outbox'

/** What has led to some asks. */
export interface Cause {
  readonly process: string
  readonly key: string
  /** The id of the event, or of the refused command. */
  readonly id: string
  readonly metadata: Metadata
}

/** Always the same for the same ask: what makes a command that is sent again have its effect once. */
const commandIdOf = ({ process, key, id }: Cause, index: number): string => {
  const digest = createHash('sha256').update(JSON.stringify([process, key, id, index]))
  return `${process}:${digest.digest('hex').slice(0, 32)}`
}

const metadataOf = ({ id, metadata: { correlationId, actor } }: Cause): Metadata => ({
  correlationId: correlationId ?? id,
  causationId: id,
  ...(actor === undefined ? {} : { actor }),
})

const dueOf = <Command>(ask: Exclude<ProcessAction<Command>, { _tag: 'Cancel' }>): DueTime => {
  switch (ask._tag) {
    case 'Send':
      return { _tag: 'Now' }
    case 'After':
      return { _tag: 'After', timer: ask.timer, delay: Math.max(0, ask.delay) }
    case 'At':
      return { _tag: 'At', timer: ask.timer, time: ask.time }
  }
}

/** Writes down what was asked for. */
export const writeActions = async <Command>(
  codec: CommandCodec<Command>,
  writes: OutboxWrites,
  cause: Cause,
  asks: ReadonlyArray<ProcessAction<Command>>,
): Promise<E.Either<StoreFailed | UnencodableCommand | InvalidTimer, void>> => {
  const { process, key } = cause
  for (const ask of asks) {
    const issue = ask._tag === 'Send' ? undefined : timerIssue(ask)
    if (ask._tag !== 'Send' && issue !== undefined) {
      return E.left(invalidTimer(process, key, ask.timer, issue))
    }
  }
  for (const [index, ask] of asks.entries()) {
    if (ask._tag === 'Cancel') {
      const cancelled = await writes.cancel(process, key, ask.timer)()
      if (E.isLeft(cancelled)) return cancelled
      continue
    }
    const command = codec.encode(ask.command)
    if (E.isLeft(command)) return E.left(unencodableCommand(process, key, command.left))
    const id = commandIdOf(cause, index)
    const request = { process, key, id, command: command.right, metadata: metadataOf(cause) }
    const added = await writes.add(request, dueOf(ask))()
    if (E.isLeft(added)) return added
  }
  return E.right(undefined)
}
