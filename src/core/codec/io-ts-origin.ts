import * as t from 'io-ts'

/** An io-ts codec as io-ts itself made it: with the original functions. */
export type Built =
  | { readonly _tag: 'StringType' | 'NumberType' | 'BooleanType' | 'NullType' }
  | { readonly _tag: 'LiteralType'; readonly value: string | number | boolean }
  | { readonly _tag: 'KeyofType'; readonly keys: Readonly<Record<string, unknown>> }
  | { readonly _tag: 'ArrayType' | 'ReadonlyArrayType' | 'ReadonlyType'; readonly type: t.Mixed }
  | { readonly _tag: 'InterfaceType' | 'PartialType'; readonly props: t.Props }
  | { readonly _tag: 'ExactType'; readonly type: t.HasProps }
  | { readonly _tag: 'UnionType' | 'IntersectionType'; readonly types: [t.Mixed, t.Mixed] }
  | {
      readonly _tag: 'RefinementType'
      readonly type: t.Mixed
      readonly predicate: (value: unknown) => boolean
    }

const rebuilt = (codec: Built): t.Mixed => {
  switch (codec._tag) {
    case 'StringType':
      return t.string
    case 'NumberType':
      return t.number
    case 'BooleanType':
      return t.boolean
    case 'NullType':
      return t.null
    case 'LiteralType':
      return t.literal(codec.value)
    case 'KeyofType':
      return t.keyof(codec.keys)
    case 'ArrayType':
    case 'ReadonlyArrayType':
      return t.array(codec.type)
    case 'ReadonlyType':
      return t.readonly(codec.type)
    case 'InterfaceType':
      return t.type(codec.props)
    case 'PartialType':
      return t.partial(codec.props)
    case 'ExactType':
      return t.exact(codec.type)
    case 'UnionType':
      return t.union(codec.types)
    case 'IntersectionType':
      return t.intersection(codec.types)
    case 'RefinementType':
      return t.refinement(codec.type, codec.predicate)
  }
}

const TAGS: ReadonlySet<unknown> = new Set<Built['_tag']>([
  'StringType',
  'NumberType',
  'BooleanType',
  'NullType',
  'LiteralType',
  'KeyofType',
  'ArrayType',
  'ReadonlyArrayType',
  'ReadonlyType',
  'InterfaceType',
  'PartialType',
  'ExactType',
  'UnionType',
  'IntersectionType',
  'RefinementType',
])

const isKnown = (codec: object): codec is Built => '_tag' in codec && TAGS.has(codec._tag)

type Functions = Pick<t.Mixed, 'is' | 'validate' | 'encode' | 'decode'>

const code = (codec: Functions): string =>
  [codec.is, codec.validate, codec.encode, codec.decode].map(String).join('\n')

/**
 * The parts of `codec`, or `undefined` if its behaviour is not known. The tag alone is no proof: some
 * libraries copy a codec and replace one of its functions. So the source of its functions is compared
 * with that of a codec made by io-ts.
 */
export const asBuilt = (codec: t.Any): Built | undefined => {
  if (!isKnown(codec)) return undefined
  try {
    return code(codec) === code(rebuilt(codec)) ? codec : undefined
  } catch {
    return undefined // its parts are not what io-ts expects
  }
}
