/** The parts of an io-ts codec that the law kit reads. It cannot look into other kinds of codecs. */
export type IoTsShape =
  | { readonly _tag: 'StringType' | 'NumberType' | 'BooleanType' | 'NullType' | 'UnknownType' }
  | { readonly _tag: 'UndefinedType' | 'VoidType' | 'AnyDictionaryType' | 'AnyArrayType' }
  | { readonly _tag: 'LiteralType'; readonly value: string | number | boolean }
  | { readonly _tag: 'KeyofType'; readonly keys: Readonly<Record<string, unknown>> }
  | { readonly _tag: 'ArrayType' | 'ReadonlyArrayType' | 'ReadonlyType'; readonly type: unknown }
  | { readonly _tag: 'ExactType' | 'StrictType'; readonly type: unknown }
  | { readonly _tag: 'PersonalType' | 'PersonalRecordType'; readonly type: unknown }
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
  'PersonalType',
  'PersonalRecordType',
  'InterfaceType',
  'PartialType',
  'UnionType',
  'IntersectionType',
  'TupleType',
  'DictionaryType',
  'RefinementType',
])

/** Whether `codec` is an io-ts codec that the law kit can look into. */
export const isIoTsShape = (codec: unknown): codec is IoTsShape =>
  typeof codec === 'object' && codec !== null && '_tag' in codec && TAGS.has(codec._tag)

/** The name of a codec, for messages. */
export const nameOf = (codec: unknown): string =>
  typeof codec === 'object' && codec !== null && 'name' in codec ? String(codec.name) : 'unnamed'
