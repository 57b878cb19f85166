import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { storeFailed, type StoreFailed } from '../../core/errors/store'
import type { OpenCategory } from './open-category'

/** A plain result: what an operation gives, beside `ok: true`, or its error. */
export type PromisedResult<Failure, Value> =
  (Value & { readonly ok: true }) | { readonly ok: false; readonly error: Failure }

/** Operations that give a {@link TaskEither}, as operations that give a promise. All others are unchanged. */
export type Promised<Operations> = {
  readonly [Name in keyof Operations]: Operations[Name] extends (
    ...args: infer Args
  ) => TaskEither<infer Failure, infer Value>
    ? (...args: Args) => Promise<PromisedResult<Failure, Value>>
    : Operations[Name]
}

const promise =
  <Args extends ReadonlyArray<unknown>, Failure, Value extends object>(
    operation: (...args: Args) => TaskEither<Failure, Value>,
  ) =>
  async (...args: Args): Promise<PromisedResult<Failure | StoreFailed, Value>> => {
    try {
      const result = await operation(...args)()
      return E.isLeft(result) ? { ok: false, error: result.left } : { ...result.right, ok: true }
    } catch (cause) {
      return { ok: false, error: storeFailed('Unexpected', 'unknown', cause) }
    }
  }

/**
 * The operations of an open category as plain promises of a plain result: `{ ok: true, state, version }` or
 * `{ ok: false, error }`, with the errors of {@link OpenCategory}. A call starts at once, and its promise is never
 * rejected: what a store throws is `StoreFailed` too, with reason `Unexpected` and outcome `unknown`.
 *
 * @example
 * const cards = promised(openCategory(giftCards, memory()))
 * const redeemed = await cards.handleCommand('G1', { type: 'RedeemGiftCard', amount: 20 })
 * if (redeemed.ok) console.log(redeemed.state)
 */
export const promised = <Command, State, Event, Rejection>(
  category: OpenCategory<Command, State, Event, Rejection>,
): Promised<OpenCategory<Command, State, Event, Rejection>> => ({
  ...category,
  handleCommand: promise(category.handleCommand),
  handle: promise(category.handle),
  load: promise(category.load),
  cached: promise(category.cached),
  replayTo: promise(category.replayTo),
  asOf: promise(category.asOf),
  events: promise(category.events),
  eventsBackwards: promise(category.eventsBackwards),
  version: promise(category.version),
  snapshot: promise(category.snapshot),
})
