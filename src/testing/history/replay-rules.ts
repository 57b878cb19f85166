import type { View } from '../../core/algebra/view'
import type { Json } from '../../core/json'
import { categoryOf, type StreamVersion } from '../../core/stream'
import { digestOf } from './entries'
import { type DocumentFacts, type StreamFacts, wasAt } from './stream-facts'

/** An event of a stream, for a rule that replays it. */
export interface ReplayedEvent {
  readonly type: string
  readonly data: Json
}

/** How documents of a collection are judged. Their keys are the ids of streams. */
export interface DocumentRule {
  readonly collection: string
  /** The version of the stream that a document stands for. */
  readonly versionOf: (document: Json) => StreamVersion
  /** What the events of a stream give. */
  readonly view: View<Json, ReplayedEvent>
  /** It is written inside the append, so it may never be older than the stream. */
  readonly inline: boolean
}

/** What a history is judged by, beside the promises of every store. Every key may be left out. */
export interface HistoryRules {
  /** By category: the states that the events of a stream give. */
  readonly states?: Readonly<Record<string, View<Json, ReplayedEvent>>>
  readonly documents?: ReadonlyArray<DocumentRule>
  /**
   * How far the clock of the client may be from that of the store, in milliseconds. `Infinity`: the time of timers is
   * not judged. Default 1.
   */
  readonly clockDifference?: number
}

/** Inline documents say where the stream was when they were read. */
export const judgeDocuments = (facts: StreamFacts, { documents = [] }: HistoryRules): void => {
  for (const { times, collection, value } of facts.documents) {
    const rule = documents.find((one) => one.collection === collection)
    if (rule?.inline !== true) continue
    wasAt(facts, value === undefined ? 0 : rule.versionOf(value), times)
  }
}

/** Calls `visit` with each version, and what the events up to it give. Stops where an event is not known. */
const replaying = (
  { versions, sent }: StreamFacts,
  { initialState, evolve }: View<Json, ReplayedEvent>,
  visit: (version: StreamVersion, state: Json) => void,
): void => {
  let state = initialState
  visit(0, state)
  for (const [index, { event }] of versions.entries()) {
    const data = event === undefined ? undefined : sent.get(event.id)?.data
    if (event === undefined || data === undefined) return
    state = evolve(state, { type: event.type, data })
    visit(index + 1, state)
  }
}

/** States and documents must be what the events up to their versions give. */
export const judgeStates = (
  facts: StreamFacts,
  { states = {}, documents = [] }: HistoryRules,
): void => {
  const { streamId: subject, report } = facts
  const view = states[categoryOf(subject)]
  if (view !== undefined && facts.states.size > 0) {
    replaying(facts, view, (version, state) => {
      const given = facts.states.get(version)
      if (given === undefined || given.digest === digestOf(state)) return
      const message = `the state at version ${version} is not what its events give: ${JSON.stringify(state)}`
      report({ promise: 'StateDiffers', subject, message, calls: [given.call] })
    })
  }
  for (const rule of documents) {
    const wanted = new Map<StreamVersion, DocumentFacts[]>()
    for (const document of facts.documents) {
      if (document.collection !== rule.collection || document.value === undefined) continue
      const version = rule.versionOf(document.value)
      wanted.set(version, [...(wanted.get(version) ?? []), document])
    }
    if (wanted.size === 0) continue
    const last = Math.max(...wanted.keys())
    const written = facts.versions.findLastIndex(({ event }) => event !== undefined) + 1
    for (const { times } of last > written ? (wanted.get(last) ?? []) : []) {
      const message = `a document stands for version ${last}, and no answer holds more than ${written} events`
      report({ promise: 'DocumentDiffers', subject, message, calls: [times.call] })
    }
    replaying(facts, rule.view, (version, state) => {
      const digest = digestOf(state)
      for (const { times, value } of wanted.get(version) ?? []) {
        if (value === undefined || digestOf(value) === digest) continue
        const message = `the document of version ${version} is not what its events give: ${JSON.stringify(state)}`
        report({ promise: 'DocumentDiffers', subject, message, calls: [times.call] })
      }
    })
  }
}
