import type { Before } from './checkpoints'
import type { AnswerEntry, CallEntry, HistoryEntry, WorkEntry } from './entries'

/** A call that was not answered yet. */
export interface OpenCall {
  readonly entry: CallEntry
  readonly begun: number
  readonly before: ReadonlyMap<number, Before>
  work: WorkEntry | undefined
  workAt: number
}

/** Calls back for a step that is about to be saved. */
export type Work = (call: CallEntry, work: WorkEntry) => void

/** An entry, and its place in the whole history: 1, 2, ... */
export interface Line {
  readonly entry: HistoryEntry
  readonly line: number
}

/** The entries that are not skipped. Of one entry each pass says the same line. */
export const linesOf = function* (
  read: (skip: (share: string) => boolean) => Iterable<HistoryEntry>,
  skip: (share: string) => boolean,
): Generator<Line, void> {
  let line = 0
  const counted = (share: string): boolean => {
    line += 1
    return skip(share)
  }
  for (const entry of read(counted)) yield { entry, line }
}

export type Visit = (call: OpenCall, answer: AnswerEntry | undefined, ended: number) => void

/** Calls `visit` at the end of each call; those whose outcome is not known come last. */
export const pairing = (
  lines: Iterable<Line>,
  begun: (entry: CallEntry, line: number) => ReadonlyMap<number, Before>,
  visit: Visit,
  working: Work = () => undefined,
): void => {
  const open = new Map<number, OpenCall>()
  for (const { entry, line } of lines) {
    if ('asked' in entry) {
      const before = begun(entry, line)
      open.set(entry.call, { entry, begun: line, before, work: undefined, workAt: line })
      continue
    }
    const call = open.get(entry.call)
    if (call === undefined) continue
    if ('work' in entry) {
      working(call.entry, entry)
      call.work = entry
      call.workAt = line
      continue
    }
    // It may have its effect later.
    if (entry.answer._tag === 'Unknown') continue
    open.delete(entry.call)
    visit(call, entry, line)
  }
  for (const call of open.values()) visit(call, undefined, Infinity)
}
