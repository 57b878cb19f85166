import * as t from 'io-ts'
import { refined } from 'reprise/codec'

/** An amount of money in hundredths: a safe integer, 1 or more. */
export const Cents = refined(
  'Cents',
  t.number,
  (amount) => Number.isSafeInteger(amount) && amount > 0,
)

/** The largest balance that still is an exact number. */
export const LARGEST_BALANCE = Number.MAX_SAFE_INTEGER
