import { isRecord, type Json } from '../core/json'
import { isIoTsShape, nameOf, type IoTsShape } from './io-ts-shape'

const fields = (props: Readonly<Record<string, unknown>>, mark: string): Record<string, Json> =>
  Object.fromEntries(
    Object.keys(props)
      .toSorted()
      .map((name) => [`${name}${mark}`, describeCodec(props[name])]),
  )

const describe = (shape: IoTsShape): Json => {
  switch (shape._tag) {
    case 'LiteralType':
      return { literal: shape.value }
    case 'KeyofType':
      return { oneOf: Object.keys(shape.keys).toSorted() }
    case 'ArrayType':
    case 'ReadonlyArrayType':
      return { arrayOf: describeCodec(shape.type) }
    case 'ReadonlyType':
    case 'ExactType':
    case 'StrictType':
    case 'PersonalType':
    case 'PersonalRecordType':
      return describeCodec(shape.type)
    case 'InterfaceType':
      return fields(shape.props, '')
    case 'PartialType':
      return fields(shape.props, '?')
    case 'UnionType':
      return { oneOf: shape.types.map(describeCodec) }
    case 'TupleType':
      return { tupleOf: shape.types.map(describeCodec) }
    case 'IntersectionType': {
      const parts = shape.types.map(describeCodec)
      return parts.every(isRecord)
        ? Object.fromEntries(parts.flatMap((part) => Object.entries(part)))
        : { allOf: parts }
    }
    case 'DictionaryType':
      return { recordOf: describeCodec(shape.codomain) }
    case 'RefinementType':
      return { is: nameOf(shape), of: describeCodec(shape.type) }
    case 'StringType':
    case 'NumberType':
    case 'BooleanType':
    case 'NullType':
    case 'UnknownType':
    case 'UndefinedType':
    case 'VoidType':
    case 'AnyDictionaryType':
    case 'AnyArrayType':
      return nameOf(shape)
  }
}

/**
 * The shape that an io-ts codec accepts, described as JSON. A codec that io-ts did not make is described
 * by its name only.
 */
export const describeCodec = (codec: unknown): Json =>
  isIoTsShape(codec) ? describe(codec) : nameOf(codec)
