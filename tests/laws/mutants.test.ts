import * as codecs from './mutants/codecs'
import * as combine from './mutants/combine'
import * as drive from './mutants/drive'
import * as interpretations from './mutants/interpretations'
import * as many from './mutants/many'
import * as manyBy from './mutants/many-by'
import * as maps from './mutants/maps'
import * as processes from './mutants/processes'
import * as terminal from './mutants/terminal'
import * as views from './mutants/views'
import { codecLaws } from './statements/codecs'
import { combineLaws } from './statements/combine'
import { driveLaws } from './statements/drive'
import { interpretationLaws } from './statements/interpretations'
import { manyByLaws, manyLaws } from './statements/many'
import { mapLaws } from './statements/maps'
import { processLaws } from './statements/processes'
import { terminalLaws } from './statements/terminal'
import { viewLaws } from './statements/views'
import type { Law } from './support/law'

/** Each mutant is rejected by the laws that are named for it, and each law rejects some mutant. */
const describeMutants = <Name extends string, Mutant>(
  subject: string,
  mutants: Readonly<Record<Name, Mutant>>,
  lawsOf: (mutant: Mutant) => ReadonlyArray<Law>,
  rejectedBy: Readonly<Record<Name, ReadonlyArray<string>>>,
): void => {
  describe(`broken versions of ${subject}`, () => {
    const entries = Object.entries<Mutant>(mutants)
    const expected: Readonly<Record<string, ReadonlyArray<string>>> = rejectedBy
    for (const [name, mutant] of entries) {
      const laws = expected[name]!
      it(`rejects ${name} by ${laws.join(', ')}`, () => {
        const rejecting = lawsOf(mutant).filter((law) => laws.includes(law.name) && law.isBroken())
        expect(rejecting.map((law) => law.name)).toEqual(laws)
      })
    }

    it('has a broken version for every law', () => {
      const known = new Set(Object.values(expected).flat())
      const all = entries.slice(0, 1).flatMap(([, mutant]) => lawsOf(mutant))
      expect(all.map((law) => law.name).filter((name) => !known.has(name))).toEqual([])
    })
  })
}

describeMutants('the maps', maps, mapLaws, {
  commandTranslatedOnTheFirstStateOnly: ['mapCommand: identity', 'mapCommand: composition'],
  foreignCommandLeavesTheStoryAtItsStart: ['filterCommand: selection'],
  foreignEventChangesState: ['mapEvent: foreign events'],
  wrappedEventsReversed: ['mapEvent: identity', 'mapEvent: composition'],
  stateAlwaysWrappedAnew: ['mapState: reference'],
  terminalityForgotten: ['mapState: identity'],
  rejectionTurnedIntoNothing: ['mapRejection: identity'],
  terminalityInverted: [
    'filterCommand: composition',
    'mapState: composition',
    'mapRejection: composition',
  ],
})

describeMutants('combine', combine, combineLaws, {
  eventsReversed: ['combine: independence', 'combine: associativity'],
  keysMerged: ['combine: independence', 'combine: foreign events', 'combine: reference'],
  foreignEventChangesState: ['combine: foreign events'],
  stateAlwaysCopied: ['combine: foreign events', 'combine: reference'],
  everyPartAlwaysOnItsFirstState: ['combine: independence', 'combine: unit'],
  neverTerminal: ['combine: unit', 'combine: terminality'],
})

describeMutants('many', many, manyLaws, {
  emptyIsTerminal: ['many: never terminal'],
  keysMerged: ['many: each key alone', 'many: foreign keys', 'many: terminality per key'],
  inheritedKeysFound: ['many: each key alone', 'many: foreign keys'],
  firstEventOnly: ['many: each key alone'],
})

describeMutants('manyBy', manyBy, manyByLaws, {
  keysOfEventsIgnored: ['manyBy: each key alone'],
})

describeMutants('views', views, viewLaws, {
  foreignEventChangesState: ['mapViewEvent: foreign events'],
  eventsToldTwice: [
    'sideBySide: independence',
    'sideBySide: unit',
    'sideBySide: associativity',
    'a decider is a view',
    'projection: inline = asynchronous = rebuilt',
  ],
  groupsMerged: ['eachBy: each key alone', 'eachBy: several keys'],
  otherKeysForgotten: ['eachBy: several keys'],
  eventsAboutNothingCount: ['eachBy: each key alone'],
  selectedEventsToldTwice: ['mapViewEvent: identity', 'mapViewEvent: composition'],
})

describeMutants('processes', processes, processLaws, {
  pendingCommandsForgotten: ['adaptProcess: identity'],
  commandsReversed: ['combineProcesses: independence', 'combineProcesses: associativity'],
  overWhenOnePartIs: ['combineProcesses: independence', 'combineProcesses: unit'],
  commandsAskedTwice: [
    'adaptProcess: identity',
    'adaptProcess: composition',
    'adaptProcess: foreign events',
  ],
})

describeMutants('process ⊗ decider', drive, driveLaws, {
  stateNotThreaded: ['drive: as a shell would'],
  eventsReversed: ['drive: as a shell would', 'drive: a silent process'],
  chainCutShort: ['drive: as a shell would'],
  rejectionHidden: ['drive: as a shell would', 'drive: step limit'],
  processNotTold: ['drive: replay'],
  reactsToThePast: ['drive: as a shell would', 'drive: resume'],
  limitOffByOne: ['drive: as a shell would', 'drive: step limit'],
  resumesWithNothing: ['drive: resume'],
})

describeMutants('the interpretations', interpretations, interpretationLaws, {
  replayReversed: ['replay: homomorphism', 'replay: order', 'snapshot: every cut'],
  replayFromTheStart: ['replay: homomorphism', 'snapshot: every cut', 'cached run'],
  runNotThreaded: ['run: event-sourced'],
  rejectedCommandMovesTheMachine: ['toMealy: event-sourced'],
  reducerForgets: ['toReducer: event-sourced'],
  onlyTheLastEventCounts: ['toStateStored: event-sourced', 'several events'],
  rejectionsRunAnyway: ['run: event-sourced', 'rejection'],
})

describeMutants('terminality', terminal, terminalLaws, {
  guardAsleep: ['guardTerminal'],
  guardAndIgnoreSwapped: ['guardTerminal', 'ignoreTerminal'],
  judgedByTheFirstState: ['guardTerminal'],
})

describeMutants('codecs', codecs, codecLaws, {
  upcastersOutOfOrder: ['upcasting: a chain = one jump'],
  keyLeftOutOfTheType: ['combineEventCodecs: round trip', 'combineEventCodecs: associativity'],
  partsVersionsIgnored: ['combineStateCodecs: round trip'],
  keyDroppedFromTheData: ['manyEventCodec, manyCommandCodec: round trip'],
  firstKeyOnly: ['manyStateCodec: round trip'],
  everyCommandForTheFirstPart: ['combineCommandCodecs: round trip'],
  commandWrittenWithoutItsKey: ['manyEventCodec, manyCommandCodec: round trip'],
  commandWrittenWithoutItsPart: ['combineCommandCodecs: round trip'],
  shapeForgotten: ['codecs: shapes'],
})
