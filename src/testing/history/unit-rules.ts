import type { Question } from './entries'
import type { StreamFacts } from './stream-facts'
import type { Report } from './violation'

/** A part of a unit, as the history of its stream shows it. */
interface UnitPart {
  readonly streamId: string
  /** A call that had shown it by this time. */
  readonly there: { readonly at: number; readonly call: number } | undefined
  /** A call that shows that it was not there before this time. */
  readonly missing: { readonly before: number; readonly call: number } | undefined
}

interface Asked {
  readonly unit: string
  readonly firstEvent: string
}

/** All that a history says about appends to several streams. */
export interface Units {
  /** An append was asked for. */
  readonly asked: (asked: Extract<Question, { readonly _tag: 'Append' }>) => void
  /** The streams of one pass are known by now. */
  readonly passed: (streams: ReadonlyMap<string, StreamFacts>) => void
  /** All streams are. */
  readonly judge: (report: Report) => void
}

/** Whether the part is there; or, of all the times before which the whole stream is known without it, the last one. */
const partIn = ({ streamId, versions }: StreamFacts, firstEvent: string): UnitPart => {
  let missing: UnitPart['missing']
  for (const { event, notBefore, notBeforeBy, thereAt, thereBy } of versions) {
    if (event?.id === firstEvent) {
      return { streamId, there: { at: thereAt, call: thereBy }, missing: undefined }
    }
    if (notBefore > (missing?.before ?? -1)) missing = { before: notBefore, call: notBeforeBy }
    if (event === undefined) break
  }
  return { streamId, there: undefined, missing }
}

/** Appends to several streams: none of their parts may be there while another one is not. */
export const units = (): Units => {
  const askedFor = new Map<string, Asked[]>()
  const parts = new Map<string, UnitPart[]>()
  return {
    asked: ({ unit, streamId, events }) => {
      const firstEvent = events[0]?.id
      if (unit === undefined || firstEvent === undefined) return
      const known = askedFor.get(streamId) ?? []
      askedFor.set(streamId, known)
      known.push({ unit, firstEvent })
    },
    passed: (streams) => {
      for (const [streamId, asked] of askedFor) {
        const facts = streams.get(streamId)
        if (facts === undefined) continue
        for (const { unit, firstEvent } of asked) {
          parts.set(unit, [...(parts.get(unit) ?? []), partIn(facts, firstEvent)])
        }
      }
      askedFor.clear()
    },
    judge: (report) => {
      for (const unit of parts.values()) {
        for (const { streamId, there } of unit) {
          const torn = unit.find(
            ({ missing }) =>
              there !== undefined && missing !== undefined && there.at < missing.before,
          )
          if (there === undefined || torn?.missing === undefined) continue
          const message = `${streamId} was shown with its part of an append to several streams, and later this one without`
          const calls = [there.call, torn.missing.call]
          report({ promise: 'AppendTornApart', subject: torn.streamId, message, calls })
          break
        }
      }
    },
  }
}
