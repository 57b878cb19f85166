import type { Either } from 'fp-ts/Either'
import type { Decider } from '../decider'
import type { PlainKeys } from './keyed'

/** A record of deciders, each with the commands, states, events and rejections of its key. */
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

// The compiler infers one record of types from a record of values, but not four at once. It infers the
// commands from PartDeciders, and each of the others from one of the types below.
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

/** What `combine` takes: a record of deciders with plain keys. All types are inferred from it. */
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
