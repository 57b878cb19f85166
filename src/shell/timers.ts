import * as hooks from 'node:perf_hooks'
import * as timers from 'node:timers'
import * as promises from 'node:timers/promises'

// Taken when this module is loaded, and not from the global object: a test that installs fake timers, before or
// afterwards, must not stop commands that wait for their turn, subscriptions, leases, or a back-off.

export const { performance } = hooks
export const { setImmediate, setTimeout, clearTimeout } = timers

/** Waits for so many milliseconds. */
export const sleep = (milliseconds: number): Promise<void> => wait(milliseconds)

const { setTimeout: wait } = promises
