/**
 * What the library needs of the machine beside the globals that every JavaScript engine of today has. A bundler for
 * browsers takes `browser.ts` instead, by the `browser` field of package.json: the same names.
 */
import { createHash } from 'node:crypto'
import * as hooks from 'node:perf_hooks'
import * as timers from 'node:timers'
import * as promises from 'node:timers/promises'

// Taken when this module is loaded, and not from the global object: a test that installs fake timers, before or
// afterwards, must not stop commands that wait for their turn, appends, subscriptions, leases, or a back-off.

export const { performance } = hooks
export const { setImmediate, setTimeout, clearTimeout } = timers

/** Waits for so many milliseconds. */
export const sleep = (milliseconds: number): Promise<void> => wait(milliseconds)

const { setTimeout: wait } = promises

/** The SHA-256 of a text, in its UTF-8. */
export const sha256 = (text: string, encoding: 'hex' | 'base64url'): string =>
  createHash('sha256').update(text).digest(encoding)

/** The UTF-8 of a text, in characters that a URL can hold. */
export const toBase64Url = (text: string): string => Buffer.from(text).toString('base64url')

/** The text that {@link toBase64Url} was given; something else, or an exception, for what it did not give. */
export const fromBase64Url = (characters: string): string =>
  Buffer.from(characters, 'base64url').toString()
