import type { Either } from 'fp-ts/Either'
import type { Decider } from '../decider'
import type { PlainKeys } from './keyed'

/** A record of deciders: under each key one that speaks that key's commands, events and so on. */
export type PartDeciders<
  Commands,
  States extends Record<keyof Commands, unknown>,
  Events extends Record<keyof Commands, unknown>,
  Rejections extends Record<keyof Commands, unknown>,
> = {
  readonly [Key in keyof Commands]: Decider<
    Commands[Key],
    States[Key],
    Events[Key],
    Rejections[Key]
  >
}

// The compiler can read one record of types from a record of values, not four at once. Commands are read
// from PartDeciders; for the others it is shown the same record again, with one kind of word to read.
/** The states, to be read from the deciders' initial states. */
export type ReadStates<States> = {
  readonly [Key in keyof States]: { readonly initialState: States[Key] }
}
/** The events, to be read from what the deciders evolve on. */
export type ReadEvents<Events> = {
  readonly [Key in keyof Events]: {
    readonly evolve: (state: never, event: Events[Key]) => unknown
  }
}
/** The rejections, to be read from what the deciders decide. */
export type ReadRejections<Rejections> = {
  readonly [Key in keyof Rejections]: {
    readonly decide: (command: never, state: never) => Either<Rejections[Key], unknown>
  }
}

/** What `combine` takes: any record of deciders whose keys are plain. All types are read from it. */
export type Deciders<
  Commands,
  States extends Record<keyof Commands, unknown>,
  Events extends Record<keyof Commands, unknown>,
  Rejections extends Record<keyof Commands, unknown>,
> = PartDeciders<Commands, States, Events, Rejections> &
  ReadStates<States> &
  ReadEvents<Events> &
  ReadRejections<Rejections> &
  PlainKeys
