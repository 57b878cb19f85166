import { propertyOf } from '../../core/owns'
import type { FailedOutboxCommand } from '../../core/ports/outbox'
import type { HeldStream } from '../../core/ports/subscription-store'
import { catching } from '../catching'
import type { AnyNotice } from './notices'
import { isFailure } from './outcomes'

/** How much a notice matters. `error`: somebody has to act. `warn`: it goes on, but not as it should. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** What is logged of a notice. */
export interface LogLine {
  readonly level: LogLevel
  /** Ids, numbers and errors: never the data of events, commands, states or rejections. */
  readonly fields: Readonly<Record<string, unknown>>
  readonly message: string
}

/** A logger with the methods of `pino`: an object first, then the message. */
export interface NoticeLogger {
  readonly debug: (fields: object, message: string) => unknown
  readonly info: (fields: object, message: string) => unknown
  readonly warn: (fields: object, message: string) => unknown
  readonly error: (fields: object, message: string) => unknown
  /** What is not enabled is not put together. Omitted: everything is passed on. */
  readonly isLevelEnabled?: (level: LogLevel) => boolean
}

const levelOf = (notice: AnyNotice): LogLevel => {
  switch (notice._tag) {
    case 'CommandHandled':
      return notice.error !== undefined && isFailure(notice.error) ? 'error' : 'debug'
    case 'EventsHandled':
    case 'CommandSent':
    case 'DecidedAgain':
    case 'BoundaryDecidedAgain':
    case 'SnapshotTaken':
    case 'PartitionStarted':
    case 'PartitionEnded':
    case 'BuildProgress':
      return 'debug'
    case 'WorkerStarted':
    case 'StreamReleased':
    case 'SubscriptionRecovered':
    case 'PartitionResumed':
    case 'FilterCurrent':
    case 'BuildBegun':
    case 'BuildLeavesOut':
    case 'BuildActivated':
    case 'BuildEnded':
      return 'info'
    case 'StateDropped':
    case 'SnapshotIgnored':
    case 'SnapshotFailed':
    case 'ClockDrifted':
    case 'SubscriptionTroubled':
    case 'PartitionPaused':
    case 'FilterOutdated':
    case 'StopTimedOut':
    case 'CommandRejected':
    case 'BuildHeldBack':
    case 'BuildTroubled':
    case 'WorkerEnded':
      return 'warn'
    case 'EventFailed':
    case 'CommandFailed':
      return notice.parked ? 'error' : 'warn'
    case 'WorkerFailed':
      return 'error'
  }
}

/** An error of the library as a log needs it: what it is called and says, and the stack of what has caused it. */
const errorFields = (error: unknown): Readonly<Record<string, unknown>> => {
  const of = (name: string) => propertyOf(error, name)
  const cause = of('cause')
  return {
    error: {
      _tag: of('_tag'),
      reason: of('reason'),
      outcome: of('outcome'),
      message: of('message'),
    },
    ...(cause instanceof Error ? { err: cause } : {}),
  }
}

/** What could not be handled or sent, and why. */
const failedFields = (failed: HeldStream | FailedOutboxCommand) => {
  const { attempts, failure } = failed
  const own =
    'streamId' in failed
      ? { streamId: failed.streamId, version: failed.version, position: failed.position }
      : { process: failed.process, commandId: failed.id }
  return { ...own, attempts, failure: failure.message }
}

const fieldsOf = (notice: AnyNotice): Readonly<Record<string, unknown>> => {
  const { _tag, ...rest } = notice
  return {
    notice: _tag,
    ...rest,
    ...('error' in notice ? errorFields(notice.error) : {}),
    ...('failure' in notice ? { failure: notice.failure.message } : {}),
    ...('stream' in notice ? { stream: undefined, ...failedFields(notice.stream) } : {}),
    ...('command' in notice ? { command: undefined, ...failedFields(notice.command) } : {}),
    // What was handled, rejected or not decoded is data of the application: how much of it there is says enough.
    ...(_tag === 'EventsHandled' ? { events: notice.events.length } : {}),
    ...(_tag === 'SnapshotIgnored' ? { issues: notice.issues.length } : {}),
    ...(_tag === 'CommandRejected' ? { rejection: propertyOf(notice.rejection, '_tag') } : {}),
  }
}

const messageOf = (notice: AnyNotice): string => {
  switch (notice._tag) {
    case 'CommandHandled': {
      const { category, type = 'a command', outcome } = notice
      const answer = outcome === 'accepted' ? 'was accepted' : `was answered with ${outcome}`
      return `${category}: ${type} ${answer}`
    }
    case 'EventsHandled':
      return `${notice.subscription} has handled ${notice.events.length} events`
    case 'CommandSent':
      return `${notice.subscription} has sent a command: ${notice.outcome}`
    case 'DecidedAgain':
      return `${notice.streamId}: another writer was first, decided again`
    case 'BoundaryDecidedAgain':
      return `${notice.boundary}: another writer was first, decided again`
    case 'StateDropped':
      return `${notice.streamId} is shorter than it was: was the store restored?`
    case 'SnapshotIgnored':
      return `${notice.streamId}: a snapshot does not decode, and was ignored`
    case 'SnapshotTaken':
      return `${notice.streamId}: a snapshot was taken`
    case 'SnapshotFailed':
      return `${notice.streamId}: no snapshot could be taken`
    case 'ClockDrifted':
      return `${notice.streamId}: the clock of another machine is ahead`
    case 'PartitionStarted':
      return `${notice.subscription}: this process works on partition ${notice.partition}`
    case 'PartitionEnded':
      return `${notice.subscription}: this process has left partition ${notice.partition}`
    case 'EventFailed': {
      const what = notice.parked ? 'waits for an operator' : 'could not be handled'
      return `${notice.subscription}: an event of ${notice.stream.streamId} ${what}`
    }
    case 'StreamReleased':
      return `${notice.subscription}: ${notice.streamId} is not held any more`
    case 'SubscriptionTroubled':
      return `${notice.subscription} is in trouble, and tries again`
    case 'SubscriptionRecovered':
      return `${notice.subscription} has recovered`
    case 'PartitionPaused':
      return `${notice.subscription}: everything fails, so partition ${notice.partition} pauses`
    case 'PartitionResumed':
      return `${notice.subscription}: partition ${notice.partition} goes on`
    case 'FilterOutdated':
      return `${notice.subscription}: another release reads more, so this process gets no partitions`
    case 'FilterCurrent':
      return `${notice.subscription} reads all that is declared again`
    case 'StopTimedOut':
      return `${notice.subscription} had to stop before it was done`
    case 'CommandFailed': {
      const what = notice.parked ? 'waits for an operator' : 'could not be sent'
      return `${notice.subscription}: a command ${what}`
    }
    case 'CommandRejected':
      return `${notice.subscription}: a command was rejected, and nothing compensates it`
    case 'BuildBegun':
      return `${notice.projection}: build ${notice.build} of version ${notice.version} has begun`
    case 'BuildLeavesOut':
      return `${notice.projection}: build ${notice.build} of version ${notice.version} does not see ${notice.archivedEvents} events of ${notice.archivedStreams} streams in the archive, and sees a summary of ${notice.truncatedEvents} events in ${notice.truncatedStreams} streams`
    case 'BuildProgress':
      return `${notice.projection}: the next build is at ${notice.reached} of ${notice.target}`
    case 'BuildHeldBack':
      return `${notice.projection}: events that wait for an operator hold the next build back`
    case 'BuildTroubled':
      return `${notice.projection}: the store could not switch to the next build, and tries again`
    case 'BuildActivated':
      return `${notice.projection}: readers see build ${notice.build} of version ${notice.version}`
    case 'BuildEnded':
      return `${notice.projection}: the work on build ${notice.build} of version ${notice.version} has ended: ${notice.outcome}`
    case 'WorkerStarted':
      return `${notice.worker} has started`
    case 'WorkerEnded':
      return `${notice.worker} has ended, and is started again`
    case 'WorkerFailed':
      return `${notice.worker} has failed, and is not started again`
  }
}

/**
 * What to log of a notice: for a logger that is not like pino. Never fails.
 *
 * @example
 * const onAnyNotice = (notice: AnyNotice) => {
 *   const { level, fields, message } = logLine(notice)
 *   console.log(level, message, fields)
 * }
 */
export const logLine = (notice: AnyNotice): LogLine => ({
  level: levelOf(notice),
  fields: fieldsOf(notice),
  message: messageOf(notice),
})

/**
 * Writes notices to a logger with the methods of `pino`: commands and batches at `debug`, what begins and ends at `info`,
 * trouble that is waited out at `warn`, and what needs somebody at `error`. The errors of the store's driver are in `err`,
 * with their stack. Never fails: what the logger throws is ignored.
 *
 * @example
 * const backend = { ...postgres(pool), onAnyNotice: logNotices(pino()) }
 */
export const logNotices =
  (logger: NoticeLogger) =>
  (notice: AnyNotice): void =>
    void catching(() => {
      if (logger.isLevelEnabled?.(levelOf(notice)) === false) return
      const { level, fields, message } = logLine(notice)
      logger[level](fields, message)
    })
