/** The names of `reprise/algebra`: maps, products, views, processes and interpretations. Nothing in `src` imports this file. */
export { combine, neutral, type NeutralState } from './core/algebra/combine'
export {
  combineProcesses,
  type PartProcesses,
  type Processes,
} from './core/algebra/combine-processes'
export type {
  Deciders,
  PartDeciders,
  ReadStates,
  ReadEvents,
  ReadRejections,
} from './core/algebra/deciders'
export {
  DEFAULT_STEP_LIMIT,
  drive,
  type Driven,
  type DrivenDecider,
  type StepLimitReached,
  stepLimitReached,
} from './core/algebra/drive'
export {
  type Mealy,
  type MealyStep,
  type Reducer,
  type StateStored,
  toMealy,
  toReducer,
  toStateStored,
} from './core/algebra/interpretations'
export {
  KEY_SEPARATOR,
  type KeyedCommand,
  type KeyedEvent,
  type KeyedRejection,
  type PartRejection,
  type PlainKeys,
  type RejectionTag,
} from './core/algebra/keyed'
export {
  type ManyCommand,
  type ManyEvent,
  many,
  type ManyRejection,
  stateAt,
  type StateByKey,
} from './core/algebra/many'
export { type KeyIn, manyBy } from './core/algebra/many-by'
export {
  filterCommand,
  mapCommand,
  mapEvent,
  mapRejection,
  recordRejection,
  mapState,
  type Iso,
  type Prism,
} from './core/algebra/maps'
export {
  adaptProcess,
  type Process,
  type ProcessAdapter,
  reactTo,
  resumeFrom,
} from './core/algebra/process'
export { runCommands, type RunResult, runCommandsFrom } from './core/algebra/run'
export { guardTerminal, ignoreTerminal, type Terminated, terminated } from './core/algebra/terminal'
export {
  eachBy,
  mapViewEvent,
  type PartViews,
  sideBySide,
  type View,
  type Views,
} from './core/algebra/view'
export { combineCommandCodecs, type CommandCodecs } from './core/codec/combine-command-codecs'
export { combineEventCodecs, type EventCodecs } from './core/codec/combine-event-codecs'
export { combineStateCodecs, type StateCodecs } from './core/codec/combine-state-codecs'
export { manyCommandCodec, manyEventCodec, manyStateCodec } from './core/codec/many-codecs'
export { type Decider, replay, replayFrom } from './core/decider'
