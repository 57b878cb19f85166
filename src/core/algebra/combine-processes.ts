import { keysOf, mapKeys, withKey } from './keyed'
import { type Process, reactTo, resumeFrom } from './process'

/** A record of processes, each with the state of its key. */
export type PartProcesses<Event, Command, States> = {
  readonly [Key in keyof States]: Process<Event, Command, States[Key]>
}

/**
 * What `combineProcesses` takes: processes with the same events and the same type of commands. All types
 * are inferred from it.
 */
export type Processes<Event, Command, States> = PartProcesses<Event, Command, States> & {
  readonly [key: string]: {
    readonly react: (state: never, event: Event) => ReadonlyArray<Command>
  }
}

/**
 * Several processes as one. Every part receives every event; the commands come in the order of the keys.
 * A part in a terminal state issues no commands. The whole is terminal when all parts are.
 *
 * @example
 * const processes = combineProcesses({ transfers: transferProcess, bonus: bonusProcess })
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
