import type fc from 'fast-check'
import * as E from 'fp-ts/Either'
import { baseArbitraries } from './base-arbitraries'
import { type ArbitrariesByName, derive } from './derive-arbitrary'
import { fastCheck } from './fast-check'

/** The part of an io-ts codec that {@link arbitraryFromCodec} needs. */
export interface Guard<Value> {
  readonly name: string
  readonly is: (value: unknown) => value is Value
}

/**
 * An arbitrary of the values that an io-ts codec accepts. Values of refinements and brands are found by
 * generating and filtering. Where that finds too few (for an account number, for instance), give an
 * arbitrary under the codec's name.
 *
 * Fails with the reason: the codec contains one that io-ts did not make, a refinement is rarely met by
 * chance, or fast-check is not installed.
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
