import * as t from 'io-ts'

/** What makes a number {@link Cents}. Exported, because the compiler names it. */
export interface CentsBrand {
  readonly Cents: unique symbol
}

const isCents = (amount: number): amount is t.Branded<number, CentsBrand> =>
  Number.isSafeInteger(amount) && amount > 0

/** An amount of money in hundredths: a safe integer, 1 or more. */
export const Cents = t.brand(t.number, isCents, 'Cents')
export type Cents = t.TypeOf<typeof Cents>

/** The largest balance that still is an exact number. */
export const LARGEST_BALANCE = Number.MAX_SAFE_INTEGER
