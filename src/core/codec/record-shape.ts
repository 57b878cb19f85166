import type { Any, Props } from 'io-ts'
import { asBuilt } from './io-ts-origin'

/** One key of a record. */
export interface Field {
  readonly name: string
  readonly codec: Any
  readonly required: boolean
}

/** The keys of a record, and whether all others are removed. */
export interface Shape {
  readonly fields: ReadonlyArray<Field>
  readonly exact: boolean
}

const shapeWith = (props: Props, required: boolean): Shape => ({
  fields: Object.entries(props).map(([name, codec]) => ({ name, codec, required })),
  exact: false,
})

/** The keys of all parts together, unless a part removes those of another or two parts share a key. */
const joined = (parts: ReadonlyArray<Shape | undefined>): Shape | undefined => {
  const open = parts.filter((part) => part !== undefined).filter(({ exact }) => !exact)
  const fields = open.flatMap((part) => part.fields)
  const different = new Set(fields.map(({ name }) => name)).size === fields.length
  return different && open.length === parts.length ? { fields, exact: false } : undefined
}

/** The shape that io-ts expects of a record, or `undefined` if the codec is not that simple. */
export const shapeOf = (codec: Any): Shape | undefined => {
  const built = asBuilt(codec)
  switch (built?._tag) {
    case 'InterfaceType':
      return shapeWith(built.props, true)
    case 'PartialType':
      return shapeWith(built.props, false)
    case 'ExactType': {
      const inner = shapeOf(built.type)
      return inner && { ...inner, exact: true }
    }
    case 'IntersectionType':
      return joined(built.types.map(shapeOf))
    case undefined:
    case 'StringType':
    case 'NumberType':
    case 'BooleanType':
    case 'NullType':
    case 'LiteralType':
    case 'KeyofType':
    case 'ArrayType':
    case 'ReadonlyArrayType':
    case 'ReadonlyType':
    case 'UnionType':
    case 'RefinementType':
      return undefined
  }
}
