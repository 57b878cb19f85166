import * as t from 'io-ts'

export interface CentsBrand {
  readonly Cents: unique symbol
}

/** An amount of money: a whole number of cents, 1 or more. */
export const Cents = t.brand(
  t.number,
  (value): value is t.Branded<number, CentsBrand> => Number.isSafeInteger(value) && value > 0,
  'Cents',
)
export type Cents = t.TypeOf<typeof Cents>
