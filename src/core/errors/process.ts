import { describeIssues, type Issue, preview } from '../issue'

/** A process asks for a command that does not fit its codec. Nothing was written: mend the process. */
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
  message: `The process ${key} of ${process} asks for a command that does not fit its codec: ${describeIssues(issues)}.`,
})

/**
 * A command that a process has asked for in an earlier release does not fit its codec any more. It waits:
 * let the codec read the old form too, then try it again.
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
  message: `The stored command ${commandId} of the process ${key} of ${process} does not fit its codec any more: ${describeIssues(issues)}.`,
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
