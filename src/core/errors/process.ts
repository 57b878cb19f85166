import { describeIssues, type Issue, preview } from '../issue'

/** A process issued a command that does not match its codec. Nothing was written: fix the process. */
export interface UnencodableCommand {
  readonly _tag: 'UnencodableCommand'
  readonly process: string
  /** Which one of its processes. */
  readonly key: string
  readonly issues: ReadonlyArray<Issue>
  readonly message: string
}
export const unencodableCommand = (
  process: string,
  key: string,
  issues: ReadonlyArray<Issue>,
): UnencodableCommand => ({
  _tag: 'UnencodableCommand',
  process,
  key,
  issues,
  message: `The process ${key} of ${process} issued a command that does not match its codec: ${describeIssues(issues)}.`,
})

/**
 * A stored command of a process, written by an earlier release, no longer matches its codec. It is kept:
 * let the codec read the old form too, then retry it.
 */
export interface UndecodableCommand {
  readonly _tag: 'UndecodableCommand'
  readonly process: string
  readonly key: string
  readonly commandId: string
  readonly issues: ReadonlyArray<Issue>
  readonly message: string
}
export const undecodableCommand = (
  process: string,
  key: string,
  commandId: string,
  issues: ReadonlyArray<Issue>,
): UndecodableCommand => ({
  _tag: 'UndecodableCommand',
  process,
  key,
  commandId,
  issues,
  message: `The stored command ${commandId} of the process ${key} of ${process} no longer matches its codec: ${describeIssues(issues)}.`,
})

/** A process asks for a timer that no store could keep. Nothing was written. */
export interface InvalidTimer {
  readonly _tag: 'InvalidTimer'
  readonly process: string
  readonly key: string
  readonly timer: string
  readonly reason: string
  readonly message: string
}
export const invalidTimer = (
  process: string,
  key: string,
  timer: string,
  reason: string,
): InvalidTimer => ({
  _tag: 'InvalidTimer',
  process,
  key,
  timer,
  reason,
  message: `The process ${key} of ${process} asks for the timer ${preview(timer)}: ${reason}.`,
})
