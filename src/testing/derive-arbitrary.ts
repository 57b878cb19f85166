import type fc from 'fast-check'
import * as E from 'fp-ts/Either'
import type { BaseArbitraries } from './base-arbitraries'
import type { FastCheck } from './fast-check'
import { isIoTsShape, nameOf, type IoTsShape } from './io-ts-shape'

/** Arbitraries for codecs that none can be derived for, by the codec's name. */
export type ArbitrariesByName = Readonly<Record<string, fc.Arbitrary<unknown>>>

/** What an arbitrary is derived with. */
export interface Making {
  readonly check: FastCheck
  readonly base: BaseArbitraries
  readonly known: ArbitrariesByName
}

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
  making: Making,
): E.Either<string, Record<string, fc.Arbitrary<unknown>>> => {
  const names = Object.keys(props)
  const values = all(names.map((name) => derive(props[name], making)))
  if (E.isLeft(values)) return values
  return E.right(Object.fromEntries(values.right.map((value, index) => [names[index], value])))
}

const withDerived = (
  derived: Derived,
  use: (arbitrary: fc.Arbitrary<unknown>) => fc.Arbitrary<unknown>,
): Derived => (E.isLeft(derived) ? derived : E.right(use(derived.right)))

const refined = (
  check: FastCheck,
  codec: unknown,
  base: fc.Arbitrary<unknown>,
  predicate: (value: unknown) => boolean,
): Derived => {
  const passing = check
    .sample(base, { numRuns: SAMPLES, seed: 1 })
    .filter((value) => predicate(value))
  return passing.length < ENOUGH
    ? E.left(
        `too few generated values are a valid ${nameOf(codec)}: give an arbitrary under that name`,
      )
    : E.right(base.filter((value) => predicate(value)))
}

const merged = (check: FastCheck, parts: Array<fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> =>
  check
    .tuple(...parts)
    .map((values) => values.reduce((whole, part) => Object.assign({}, whole, part)))

const deriveShape = (shape: IoTsShape, making: Making): Derived => {
  const { check, base } = making
  switch (shape._tag) {
    case 'StringType':
      return E.right(base.text)
    case 'NumberType':
      return E.right(base.number)
    case 'BooleanType':
      return E.right(check.boolean())
    case 'NullType':
      return E.right(check.constant(null))
    case 'UndefinedType':
    case 'VoidType':
      return E.right(check.constant(undefined))
    case 'UnknownType':
      return E.right(base.json)
    case 'AnyDictionaryType':
      return E.right(check.dictionary(base.text, base.json, { noNullPrototype: true }))
    case 'AnyArrayType':
      return E.right(check.array(base.json))
    case 'LiteralType':
      return E.right(check.constant(shape.value))
    case 'KeyofType':
      return E.right(check.constantFrom(...Object.keys(shape.keys)))
    case 'ArrayType':
    case 'ReadonlyArrayType':
      return withDerived(derive(shape.type, making), (item) => check.array(item, { maxLength: 6 }))
    case 'ReadonlyType':
    case 'ExactType':
    case 'StrictType':
    case 'PersonalType':
    case 'PersonalRecordType':
      return derive(shape.type, making)
    case 'InterfaceType': {
      const props = fields(shape.props, making)
      return E.isLeft(props) ? props : E.right(check.record(props.right, { noNullPrototype: true }))
    }
    case 'PartialType': {
      const props = fields(shape.props, making)
      return E.isLeft(props)
        ? props
        : E.right(check.record(props.right, { requiredKeys: [], noNullPrototype: true }))
    }
    case 'UnionType': {
      const types = all(shape.types.map((each) => derive(each, making)))
      return E.isLeft(types) ? types : E.right(check.oneof(...types.right))
    }
    case 'TupleType': {
      const types = all(shape.types.map((each) => derive(each, making)))
      return E.isLeft(types) ? types : E.right(check.tuple(...types.right))
    }
    case 'IntersectionType': {
      const types = all(shape.types.map((each) => derive(each, making)))
      return E.isLeft(types) ? types : E.right(merged(check, types.right))
    }
    case 'DictionaryType': {
      const types = all([derive(shape.domain, making), derive(shape.codomain, making)])
      if (E.isLeft(types)) return types
      const [key = base.text, value = base.json] = types.right
      return E.right(
        check
          .array(check.tuple(key.map(String), value), { maxLength: 6 })
          .map((entries) => Object.fromEntries(entries)),
      )
    }
    case 'RefinementType': {
      const type = derive(shape.type, making)
      return E.isLeft(type) ? type : refined(check, shape, type.right, shape.predicate)
    }
  }
}

/** An arbitrary of the values that `codec` accepts, or why there is none. */
export const derive = (codec: unknown, making: Making): Derived => {
  const name = nameOf(codec)
  const given = Object.hasOwn(making.known, name) ? making.known[name] : undefined
  if (given !== undefined) return E.right(given)
  const ready = making.base.ready.get(codec)
  if (ready !== undefined) return E.right(ready)
  return isIoTsShape(codec)
    ? deriveShape(codec, making)
    : E.left(`no arbitrary can be derived for the codec ${name}: give an arbitrary under that name`)
}
