import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { storeFailed, type StoreFailed } from '../../core/errors/store'
import type { CategoryInTransaction } from './in-transaction'
import type { OpenCategory } from './open-category'
import type { OpenTogether } from './open-together'

/** A plain result: what an operation gives, beside `ok: true`, or its error. */
export type PromisedResult<Failure, Value> =
  (Value & { readonly ok: true }) | { readonly ok: false; readonly error: Failure }

/**
 * Operations that give a {@link TaskEither}, as operations that give a promise; `inTransaction` gives such operations in
 * its turn. All others are unchanged.
 */
export type Promised<Operations> = {
  readonly [Name in keyof Operations]: Operations[Name] extends (
    ...args: infer Args
  ) => TaskEither<infer Failure, infer Value>
    ? (...args: Args) => Promise<PromisedResult<Failure, Value>>
    : Name extends 'inTransaction'
      ? Operations[Name] extends (...transaction: infer Transaction) => infer Inside
        ? (...transaction: Transaction) => Promised<Inside>
        : Operations[Name]
      : Operations[Name]
}

type Operation = (...args: ReadonlyArray<unknown>) => TaskEither<unknown, object>

type AnyCategory = OpenCategory<unknown, unknown, unknown, unknown>
type AnyInTransaction = CategoryInTransaction<unknown, unknown, unknown, unknown>
type AnyTogether = OpenTogether<object, object, Readonly<Record<string, unknown>>, object>

/** Those that give a {@link TaskEither}: all of them, or this does not compile. */
const OPERATIONS: Readonly<
  Record<
    | Exclude<keyof AnyCategory, 'newId' | 'snapshotsSettled'>
    | keyof AnyInTransaction
    | Exclude<keyof AnyTogether, 'snapshotsSettled'>,
    true
  >
> = {
  handleCommand: true,
  handle: true,
  handleCommands: true,
  load: true,
  cached: true,
  replayTo: true,
  asOf: true,
  events: true,
  eventsBackwards: true,
  version: true,
  snapshot: true,
}

const promise =
  (operation: Operation) =>
  async (...args: ReadonlyArray<unknown>): Promise<PromisedResult<unknown, object>> => {
    try {
      const result = await operation(...args)()
      return E.isLeft(result) ? { ok: false, error: result.left } : { ...result.right, ok: true }
    } catch (cause) {
      return { ok: false, error: storeFailed('Unexpected', 'unknown', cause) satisfies StoreFailed }
    }
  }

/**
 * The operations of an open category as plain promises of a plain result: `{ ok: true, state, version }` or
 * `{ ok: false, error }`, with the errors of {@link OpenCategory}. A call starts at once, and its promise is never
 * rejected: what a store throws is `StoreFailed` too, with reason `Unexpected` and outcome `unknown`.
 *
 * It takes what `openTogether` and `openBoundary` give as well, and what `inTransaction` gives: `promised(accounts).inTransaction(trx)` is
 * the same as `promised(accounts.inTransaction(trx))`. The results of `handleCommands` are beside `ok`, so none of its
 * categories can be called `ok`.
 *
 * @example
 * const cards = promised(openCategory(giftCards, memory()))
 * const redeemed = await cards.handleCommand('G1', { type: 'RedeemGiftCard', amount: 20 })
 * if (redeemed.ok) console.log(redeemed.state)
 */
export const promised = <
  Operations extends
    | { readonly handleCommand: (...args: never) => TaskEither<unknown, object> }
    | {
        readonly handleCommands: (
          ...args: never
        ) => TaskEither<unknown, { readonly [category: string]: unknown; readonly ok?: never }>
      },
>(
  operations: Operations,
): Promised<Operations> => {
  const lift = ([name, operation]: readonly [string, unknown]): readonly [string, unknown] => {
    if (Object.hasOwn(OPERATIONS, name)) return [name, promise(operation as Operation)]
    if (name !== 'inTransaction') return [name, operation]
    const inTransaction = operation as (transaction: unknown) => AnyInTransaction
    return [name, (transaction: unknown) => promised(inTransaction(transaction))]
  }
  return Object.fromEntries(Object.entries(operations).map(lift)) as Promised<Operations>
}
