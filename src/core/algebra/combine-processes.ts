import { keysOf, mapKeys, withKey } from './keyed'
import { type Process, reactTo, resumeFrom } from './process'

/** A record of processes: under each key one that keeps that key's state. */
export type PartProcesses<Event, Command, States> = {
  readonly [Key in keyof States]: Process<Event, Command, States[Key]>
}

/**
 * What `combineProcesses` takes: processes that hear the same events and ask for commands of the same
 * kind. All types are read from it.
 */
export type Processes<Event, Command, States> = PartProcesses<Event, Command, States> & {
  readonly [key: string]: {
    readonly react: (state: never, event: Event) => ReadonlyArray<Command>
  }
}

/**
 * Several processes side by side, as one. Every part hears every event; their commands come in the order
 * of the keys. A part that is over asks for nothing. The whole is over when all its parts are.
 */
export const combineProcesses = <Event, Command, States extends object>(
  processes: Processes<Event, Command, States>,
): Process<Event, Command, States> => {
  const parts: PartProcesses<Event, Command, States> = processes
  const keys = keysOf(parts)
  return {
    initialState: mapKeys(parts, (key) => parts[key].initialState),
    evolve: (states, event) =>
      keys.reduce(
        (current, key) => withKey(current, key, parts[key].evolve(current[key], event)),
        states,
      ),
    react: (states, event) => keys.flatMap((key) => reactTo(parts[key], states[key], event)),
    resume: (states) => keys.flatMap((key) => resumeFrom(parts[key], states[key])),
    isTerminal: (states) => keys.every((key) => parts[key].isTerminal?.(states[key])),
  }
}
