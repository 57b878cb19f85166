import type { OutboxChange } from './entries'
import type { CallTimes } from './stream-facts'
import type { Report } from './violation'

/** A command in an outbox. */
interface Kept {
  readonly process: string
  readonly key: string
  readonly timer: string | undefined
  readonly call: number
  /** When it was there for certain, as the number of a line. `Infinity`: perhaps never. */
  thereAt: number
  /** Not before this time, by the clock. */
  readonly earliest: number
  /** Certainly at this time, by the clock. */
  latest: number
  /** It may have been taken back from this line on, by this call. */
  mayEndAt: number
  /** It was taken back before this line, by this call. */
  ended: { readonly at: number; readonly call: number; readonly by: 'Done' | 'Cancel' } | undefined
  /** Failures put it off. */
  failed: boolean
  /** A call that should have given it, and has not. */
  missed: { readonly call: number; readonly ended: number; readonly began: number } | undefined
}

/** A step with outbox changes. */
export interface OutboxStep extends CallTimes {
  readonly saved: 'certainly' | 'perhaps'
  /** The clock when it began, and when it was answered. */
  readonly began: number
  readonly answered: number
}

/** Follows the outboxes of process managers. */
export interface Outboxes {
  /** A step is about to be saved: what it adds may be given from now on. */
  readonly adding: (
    process: string,
    change: OutboxChange,
    step: { readonly call: number; readonly began: number },
  ) => void
  /** The outcome of a step, unless it was refused. */
  readonly changed: (process: string, change: OutboxChange, step: OutboxStep) => void
  readonly given: (
    process: string,
    ids: ReadonlyArray<string>,
    limit: number,
    due: CallTimes & { readonly began: number; readonly answered: number },
  ) => void
  /** Afterwards: what was never given, although it should have been. */
  readonly judge: () => void
}

/**
 * What is asked for is given from its time on, until it is done or taken back, and not afterwards.
 *
 * @param isMine - whether a process manager and its key belong to the share that is judged.
 * @param slack - how far clocks may differ, in milliseconds.
 */
export const outboxes = (
  isMine: (process: string, key: string) => boolean,
  slack: number,
  report: Report,
): Outboxes => {
  const kept = new Map<string, Map<string, Kept>>()
  const of = (process: string): Map<string, Kept> => {
    const known = kept.get(process) ?? new Map<string, Kept>()
    kept.set(process, known)
    return known
  }
  const end = (one: Kept, by: 'Done' | 'Cancel', { saved, begun, ended, call }: OutboxStep) => {
    one.mayEndAt = Math.min(one.mayEndAt, begun)
    // Of two steps at once it is not known which came first.
    const isLater = by === 'Done' || one.thereAt < begun
    if (saved === 'certainly' && isLater) one.ended ??= { at: ended, call, by }
  }
  const lastCancel = new Map<string, number>()
  /** Timers are taken back: those that are meant, but for the one that takes their place. */
  const cancel = (
    process: string,
    meant: { readonly key: string; readonly timer?: string | undefined },
    step: OutboxStep,
  ): void => {
    const { key, timer } = meant
    const place = `${process}/${key}`
    lastCancel.set(place, Math.max(step.ended, lastCancel.get(place) ?? -1))
    for (const one of of(process).values()) {
      if (one === meant || one.key !== key || one.timer === undefined) continue
      if (timer === undefined || one.timer === timer) end(one, 'Cancel', step)
    }
  }

  return {
    adding: (process, change, { call, began }) => {
      if (change._tag !== 'Add') return
      const { key, id, timer, delay = 0, time } = change
      if (!isMine(process, key) || of(process).has(id)) return
      of(process).set(id, {
        process,
        key,
        timer,
        call,
        thereAt: Infinity,
        earliest: time ?? began + delay,
        latest: Infinity,
        mayEndAt: Infinity,
        ended: undefined,
        failed: false,
        missed: undefined,
      })
    },
    changed: (process, change, step) => {
      switch (change._tag) {
        case 'Add': {
          const { key, id, timer, delay = 0, time } = change
          const one = of(process).get(id)
          if (one?.call !== step.call) return
          const overlaps = (lastCancel.get(`${process}/${key}`) ?? -1) > step.begun
          if (timer !== undefined) {
            if (overlaps) one.mayEndAt = Math.min(one.mayEndAt, step.begun)
            cancel(process, one, step)
          }
          if (step.saved !== 'certainly') return
          one.thereAt = step.ended
          one.latest = time ?? step.answered + delay
          return
        }
        case 'Cancel':
          if (isMine(process, change.key)) cancel(process, change, step)
          return
        case 'Done':
          for (const id of change.ids) {
            const one = of(process).get(id)
            if (one !== undefined) end(one, 'Done', step)
          }
          return
        case 'Failed': {
          const one = of(process).get(change.id)
          if (one !== undefined) one.failed = true
        }
      }
    },
    given: (process, ids, limit, { call, begun, ended, began, answered }) => {
      for (const id of ids) {
        const one = of(process).get(id)
        if (one === undefined) continue
        if (one.ended !== undefined && one.ended.at < begun) {
          const { by, call: endedBy } = one.ended
          const promise = by === 'Done' ? 'OutboxCommandGivenTwice' : 'CancelledTimerGiven'
          const message = `${id} of ${one.key} was given after it had been ${by === 'Done' ? 'done' : 'taken back'}`
          report({ promise, subject: process, message, calls: [one.call, endedBy, call] })
        }
        if (answered < one.earliest - slack) {
          const message = `${id} of ${one.key} was given at ${answered}, and is due at ${one.earliest}`
          report({ promise: 'TimerTooEarly', subject: process, message, calls: [one.call, call] })
        }
      }
      if (ids.length >= limit) return
      const all = new Set(ids)
      for (const [id, one] of of(process)) {
        if (all.has(id)) one.missed = undefined
        else if (one.thereAt < begun && one.latest + slack < began && one.mayEndAt > ended) {
          one.missed ??= { call, ended, began }
        }
      }
    },
    judge: () => {
      for (const [process, all] of kept) {
        const putOff = new Set(
          [...all.values()].filter(({ failed }) => failed).map(({ key }) => key),
        )
        for (const [id, { key, missed, mayEndAt, latest, call }] of all) {
          if (missed === undefined || mayEndAt < missed.ended || putOff.has(key)) continue
          const message = `${id} of ${key} is due since ${latest}, and was not given at ${missed.began}`
          const calls = [call, missed.call]
          report({ promise: 'OutboxCommandLost', subject: process, message, calls })
        }
      }
    },
  }
}
