import * as E from 'fp-ts/Either'
import fc from 'fast-check'
import { json, number, text } from './base-arbitraries'
import { isIoTsShape, nameOf, type IoTsShape } from './io-ts-shape'

/** Arbitraries for codecs that nothing can be made up for, by the codec's name. */
export type ArbitrariesByName = Readonly<Record<string, fc.Arbitrary<unknown>>>

type Derived = E.Either<string, fc.Arbitrary<unknown>>

const SAMPLES = 2_000
const ENOUGH = 20

const all = (derived: ReadonlyArray<Derived>): E.Either<string, Array<fc.Arbitrary<unknown>>> => {
  const arbitraries: Array<fc.Arbitrary<unknown>> = []
  for (const each of derived) {
    if (E.isLeft(each)) return each
    arbitraries.push(each.right)
  }
  return E.right(arbitraries)
}

const fields = (
  props: Readonly<Record<string, unknown>>,
  known: ArbitrariesByName,
): E.Either<string, Record<string, fc.Arbitrary<unknown>>> => {
  const names = Object.keys(props)
  const values = all(names.map((name) => derive(props[name], known)))
  if (E.isLeft(values)) return values
  return E.right(Object.fromEntries(values.right.map((value, index) => [names[index], value])))
}

const withDerived = (
  derived: Derived,
  use: (arbitrary: fc.Arbitrary<unknown>) => fc.Arbitrary<unknown>,
): Derived => (E.isLeft(derived) ? derived : E.right(use(derived.right)))

const refined = (
  codec: unknown,
  base: fc.Arbitrary<unknown>,
  predicate: (value: unknown) => boolean,
): Derived => {
  const passing = fc.sample(base, { numRuns: SAMPLES, seed: 1 }).filter((value) => predicate(value))
  return passing.length < ENOUGH
    ? E.left(
        `too few values made up at random are a ${nameOf(codec)}: give an arbitrary for it, under that name`,
      )
    : E.right(base.filter((value) => predicate(value)))
}

const merged = (parts: Array<fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> =>
  fc.tuple(...parts).map((values) => values.reduce((whole, part) => Object.assign({}, whole, part)))

const deriveShape = (shape: IoTsShape, known: ArbitrariesByName): Derived => {
  switch (shape._tag) {
    case 'StringType':
      return E.right(text)
    case 'NumberType':
      return E.right(number)
    case 'BooleanType':
      return E.right(fc.boolean())
    case 'NullType':
      return E.right(fc.constant(null))
    case 'UndefinedType':
    case 'VoidType':
      return E.right(fc.constant(undefined))
    case 'UnknownType':
      return E.right(json)
    case 'AnyDictionaryType':
      return E.right(fc.dictionary(text, json, { noNullPrototype: true }))
    case 'AnyArrayType':
      return E.right(fc.array(json))
    case 'LiteralType':
      return E.right(fc.constant(shape.value))
    case 'KeyofType':
      return E.right(fc.constantFrom(...Object.keys(shape.keys)))
    case 'ArrayType':
    case 'ReadonlyArrayType':
      return withDerived(derive(shape.type, known), (item) => fc.array(item, { maxLength: 6 }))
    case 'ReadonlyType':
    case 'ExactType':
    case 'StrictType':
      return derive(shape.type, known)
    case 'InterfaceType': {
      const props = fields(shape.props, known)
      return E.isLeft(props) ? props : E.right(fc.record(props.right, { noNullPrototype: true }))
    }
    case 'PartialType': {
      const props = fields(shape.props, known)
      return E.isLeft(props)
        ? props
        : E.right(fc.record(props.right, { requiredKeys: [], noNullPrototype: true }))
    }
    case 'UnionType': {
      const types = all(shape.types.map((each) => derive(each, known)))
      return E.isLeft(types) ? types : E.right(fc.oneof(...types.right))
    }
    case 'TupleType': {
      const types = all(shape.types.map((each) => derive(each, known)))
      return E.isLeft(types) ? types : E.right(fc.tuple(...types.right))
    }
    case 'IntersectionType': {
      const types = all(shape.types.map((each) => derive(each, known)))
      return E.isLeft(types) ? types : E.right(merged(types.right))
    }
    case 'DictionaryType': {
      const types = all([derive(shape.domain, known), derive(shape.codomain, known)])
      if (E.isLeft(types)) return types
      const [key = text, value = json] = types.right
      return E.right(
        fc
          .array(fc.tuple(key.map(String), value), { maxLength: 6 })
          .map((entries) => Object.fromEntries(entries)),
      )
    }
    case 'RefinementType': {
      const base = derive(shape.type, known)
      return E.isLeft(base) ? base : refined(shape, base.right, shape.predicate)
    }
  }
}

const derive = (codec: unknown, known: ArbitrariesByName): Derived => {
  const name = nameOf(codec)
  const given = Object.hasOwn(known, name) ? known[name] : undefined
  if (given !== undefined) return E.right(given)
  return isIoTsShape(codec)
    ? deriveShape(codec, known)
    : E.left(
        `nothing can be made up for the codec ${name}: give an arbitrary for it, under that name`,
      )
}

/** What {@link arbitraryFromCodec} needs of an io-ts codec: any codec has it. */
export interface Guard<Value> {
  readonly name: string
  readonly is: (value: unknown) => value is Value
}

/**
 * Values that `codec` takes, made up at random, out of an io-ts codec. Refinements and brands are met by
 * trying; where that finds too little (a codec for an account number, say), name an arbitrary for it.
 *
 * Fails with the reason: a codec that is not made of io-ts' own, or a refinement that is rarely met.
 *
 * @example
 * arbitraryFromCodec(AccountOpened, { Iban: fc.constantFrom('DE02', 'FR14') })
 */
export const arbitraryFromCodec = <Value>(
  codec: Guard<Value>,
  known: ArbitrariesByName = {},
): E.Either<string, fc.Arbitrary<Value>> => {
  const derived = derive(codec, known)
  return E.isLeft(derived)
    ? derived
    : E.right(derived.right.filter((value): value is Value => codec.is(value)))
}
