import * as timers from 'node:timers'
import * as promises from 'node:timers/promises'

// Taken when this module is loaded: a test that installs fake timers afterwards must not stop commands
// that wait for their turn, or for a back-off.

export const { setImmediate, setTimeout, clearTimeout } = timers

/** Waits for so many milliseconds. */
export const sleep = (milliseconds: number): Promise<void> => wait(milliseconds)

const { setTimeout: wait } = promises
