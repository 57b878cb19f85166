import { keysOf, mapKeys, withKey } from './keyed'
import { type Process, reactTo, resumeFrom } from './process'

/** A record of processes that hear the same events and ask for commands of the same kind. */
export type Processes<Event, Command, States> = {
  readonly [Key in keyof States]: Process<Event, Command, States[Key]>
}

/**
 * Several processes side by side, as one. Every part hears every event; their commands come in the order
 * of the keys. A part that is over asks for nothing. The whole is over when all its parts are.
 */
export const combineProcesses = <Event, Command, States extends object>(
  processes: Processes<Event, Command, States>,
): Process<Event, Command, States> => {
  const keys = keysOf(processes)
  return {
    initialState: mapKeys(processes, (key) => processes[key].initialState),
    evolve: (states, event) =>
      keys.reduce(
        (current, key) => withKey(current, key, processes[key].evolve(current[key], event)),
        states,
      ),
    react: (states, event) => keys.flatMap((key) => reactTo(processes[key], states[key], event)),
    resume: (states) => keys.flatMap((key) => resumeFrom(processes[key], states[key])),
    isTerminal: (states) => keys.every((key) => processes[key].isTerminal?.(states[key])),
  }
}
