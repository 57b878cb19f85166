import type fc from 'fast-check'
import * as E from 'fp-ts/Either'
import { baseArbitraries } from './base-arbitraries'
import { type ArbitrariesByName, derive } from './derive-arbitrary'
import { fastCheck } from './fast-check'

/** What {@link arbitraryFromCodec} needs of an io-ts codec: any codec has it. */
export interface Guard<Value> {
  readonly name: string
  readonly is: (value: unknown) => value is Value
}

/**
 * Values that `codec` takes, made up at random, out of an io-ts codec. Refinements and brands are met by
 * trying; where that finds too little (a codec for an account number, say), name an arbitrary for it.
 *
 * Fails with the reason: a codec that is not made of io-ts' own, a refinement that is rarely met, or
 * fast-check that is not installed.
 *
 * @example
 * arbitraryFromCodec(AccountOpened, { Iban: fc.constantFrom('DE02', 'FR14') })
 */
export const arbitraryFromCodec = <Value>(
  codec: Guard<Value>,
  known: ArbitrariesByName = {},
): E.Either<string, fc.Arbitrary<Value>> => {
  const check = fastCheck()
  if (E.isLeft(check)) return check
  const base = baseArbitraries(check.right)
  const derived = derive(codec, { check: check.right, base, known })
  return E.isLeft(derived)
    ? derived
    : E.right(derived.right.filter((value): value is Value => codec.is(value)))
}
