/** What the law kit needs to see of an io-ts codec. Any other kind of codec is opaque to it. */
export type IoTsShape =
  | { readonly _tag: 'StringType' | 'NumberType' | 'BooleanType' | 'NullType' | 'UnknownType' }
  | { readonly _tag: 'UndefinedType' | 'VoidType' | 'AnyDictionaryType' | 'AnyArrayType' }
  | { readonly _tag: 'LiteralType'; readonly value: string | number | boolean }
  | { readonly _tag: 'KeyofType'; readonly keys: Readonly<Record<string, unknown>> }
  | { readonly _tag: 'ArrayType' | 'ReadonlyArrayType' | 'ReadonlyType'; readonly type: unknown }
  | { readonly _tag: 'ExactType' | 'StrictType'; readonly type: unknown }
  | {
      readonly _tag: 'InterfaceType' | 'PartialType'
      readonly props: Readonly<Record<string, unknown>>
    }
  | {
      readonly _tag: 'UnionType' | 'IntersectionType' | 'TupleType'
      readonly types: ReadonlyArray<unknown>
    }
  | { readonly _tag: 'DictionaryType'; readonly domain: unknown; readonly codomain: unknown }
  | {
      readonly _tag: 'RefinementType'
      readonly type: unknown
      readonly predicate: (value: unknown) => boolean
    }

const TAGS: ReadonlySet<unknown> = new Set<IoTsShape['_tag']>([
  'StringType',
  'NumberType',
  'BooleanType',
  'NullType',
  'UnknownType',
  'UndefinedType',
  'VoidType',
  'AnyDictionaryType',
  'AnyArrayType',
  'LiteralType',
  'KeyofType',
  'ArrayType',
  'ReadonlyArrayType',
  'ReadonlyType',
  'ExactType',
  'StrictType',
  'InterfaceType',
  'PartialType',
  'UnionType',
  'IntersectionType',
  'TupleType',
  'DictionaryType',
  'RefinementType',
])

/** Whether `codec` is one of the io-ts codecs that can be looked into. */
export const isIoTsShape = (codec: unknown): codec is IoTsShape =>
  typeof codec === 'object' && codec !== null && '_tag' in codec && TAGS.has(codec._tag)

/** The name that a codec was given, for messages. */
export const nameOf = (codec: unknown): string =>
  typeof codec === 'object' && codec !== null && 'name' in codec ? String(codec.name) : 'unnamed'
