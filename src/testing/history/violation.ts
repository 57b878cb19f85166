import type { HistoryEntry } from './entries'

/** Which promise a history breaks. */
export type BrokenPromise =
  /** An append was acknowledged, and no later answer holds its events. */
  | 'EventLost'
  /** An event is in its stream twice. */
  | 'EventDoubled'
  /** An event is stored although its append was refused. */
  | 'RefusedEventStored'
  /** An event is stored that no client has sent to this stream. */
  | 'UnknownEvent'
  /** An event came back with another content. */
  | 'EventChanged'
  /** Two answers hold different events for one version of a stream. */
  | 'TwoEventsAtOneVersion'
  /** An answer lacks what had been acknowledged, or shown, before the call began. */
  | 'StaleAnswer'
  /** An event has come in below a version that had been shown before its append began. */
  | 'WrittenInThePast'
  /** Some events of one append, to one stream or several, are there without the others, or others stand between them. */
  | 'AppendTornApart'
  /** An append was accepted at a version that its writer did not expect. */
  | 'ExpectationIgnored'
  /** An append on a condition was stored although more had come that its query asks for than its writer had seen. */
  | 'ConditionIgnored'
  /** An append was refused at the very version that its writer expected. */
  | 'RefusedWithoutReason'
  /** A page has a gap, a wrong order, or says that there is more when there is not. */
  | 'BrokenPage'
  /** The position of an event differs between answers, or positions do not grow with versions. */
  | 'PositionsDisagree'
  /** A reader, a subscription or what was seen for a condition has gone past an event without having been given it. */
  | 'EventSkipped'
  /** A reader or a subscription was given an event twice. */
  | 'EventGivenTwice'
  /** A reader or a subscription was given a later event of a stream before an earlier one. */
  | 'EventOutOfOrder'
  /** A command id had its effect twice on one stream. */
  | 'CommandHandledTwice'
  /** A command was carried out, and a later load does not know of it, or remembers something else. */
  | 'CommandForgotten'
  /** A command that was sent again was answered otherwise than before. */
  | 'AnswersDiffer'
  /** A state is not what the events up to its version give. */
  | 'StateDiffers'
  /** A document is not what the events up to its version give. */
  | 'DocumentDiffers'
  /** A step was saved for an owner after another one had been given the partition. */
  | 'FencedStepSaved'
  /** Two instances were given one partition with the same token. */
  | 'TokenGivenTwice'
  /** Two steps over the same events were saved. */
  | 'StepSavedTwice'
  /** A checkpoint has moved without a step that ends there, or has gone back. */
  | 'CheckpointMoved'
  /** A command of an outbox, or a timer, was never given. */
  | 'OutboxCommandLost'
  /** A command of an outbox, or a timer, was given again after it had been done. */
  | 'OutboxCommandGivenTwice'
  /** A timer was given after it had been cancelled or replaced. */
  | 'CancelledTimerGiven'
  /** A timer was given before its time. */
  | 'TimerTooEarly'

/** What a rule has found. */
export interface Finding {
  readonly promise: BrokenPromise
  /** The stream, subscription or process that it is about. */
  readonly subject: string
  readonly message: string
  /** The calls that show it. */
  readonly calls: ReadonlyArray<number>
}

/** A broken promise, with the smallest part of the history that shows it. */
export interface Violation extends Finding {
  readonly evidence: ReadonlyArray<HistoryEntry>
}

/**
 * A violation in words, its evidence line by line.
 *
 * @example
 * assert.deepEqual(violations.map(describeViolation), [])
 */
export const describeViolation = ({ promise, subject, message, evidence }: Violation): string =>
  [
    `${promise} in ${subject}: ${message}`,
    ...evidence.map((entry) => `  ${JSON.stringify(entry)}`),
  ].join('\n')

/** Takes what a rule has found. */
export type Report = (finding: Finding) => void
