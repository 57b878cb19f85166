import { isRecord, type Json } from '../core/json'
import { propertyOf } from '../core/owns'

const DEEPEST = 8

const listOf = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {}

const isScalar = (value: unknown): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'

type Template = (codec: unknown, depth: number) => Json

const innerType: Template = (codec, depth) => templateOf(propertyOf(codec, 'type'), depth + 1)

/** What each kind of io-ts codec begins with. A codec of another library is not one of these. */
const templates: ReadonlyMap<unknown, Template> = new Map<string, Template>([
  ['StringType', () => ''],
  ['NumberType', () => 0],
  ['BooleanType', () => false],
  ['ArrayType', () => []],
  ['ReadonlyArrayType', () => []],
  ['DictionaryType', () => ({})],
  ['PartialType', () => ({})],
  ['ExactType', innerType],
  ['ReadonlyType', innerType],
  ['PersonalType', innerType],
  ['PersonalRecordType', innerType],
  ['RefinementType', innerType],
  [
    'LiteralType',
    (codec) => {
      const value = propertyOf(codec, 'value')
      return isScalar(value) ? value : null
    },
  ],
  ['KeyofType', (codec) => Object.keys(recordOf(propertyOf(codec, 'keys')))[0] ?? null],
  ['UnionType', (codec, depth) => templateOf(listOf(propertyOf(codec, 'types'))[0], depth + 1)],
  [
    'InterfaceType',
    (codec, depth) =>
      Object.fromEntries(
        Object.entries(recordOf(propertyOf(codec, 'props'))).map(([name, field]) => [
          name,
          templateOf(field, depth + 1),
        ]),
      ),
  ],
  [
    'IntersectionType',
    (codec, depth) =>
      listOf(propertyOf(codec, 'types')).reduce<Json>((whole, part) => {
        const more = templateOf(part, depth + 1)
        return isRecord(whole) && isRecord(more) ? { ...whole, ...more } : more
      }, {}),
  ],
])

const templateOf: Template = (codec, depth) => {
  if (depth > DEEPEST) return null
  return templates.get(propertyOf(codec, '_tag'))?.(codec, depth) ?? null
}

/**
 * A command of each kind to begin with, from the codec of all commands: with empty texts and zeros, which may not be
 * valid. A part that cannot be looked into is `null`, an optional one is left out.
 */
export const commandTemplates = (shape: unknown): ReadonlyArray<Json> => {
  if (propertyOf(shape, '_tag') === 'UnionType') {
    return listOf(propertyOf(shape, 'types')).flatMap((member) => commandTemplates(member))
  }
  const template = templateOf(shape, 0)
  return isRecord(template) && typeof template['type'] === 'string' ? [template] : []
}
