import type { Any, Type } from 'io-ts'
import { plainCopy } from '../canonical-json'
import { isPlain, isRecord, type JsonObject, MAXIMUM_DEPTH, textIssue } from '../json'
import { asBuilt } from './io-ts-origin'
import { type Shape, shapeOf } from './record-shape'
import { keepsScalar } from './standard-schema'

/**
 * A shortcut past io-ts, which is many times slower. True: io-ts would return this value unchanged.
 * False means "unknown": use io-ts, which also says what is wrong.
 */
type Fits = (value: unknown) => boolean

/** What differs between decoding and encoding. */
interface Purpose {
  /** Whether a string is valid. */
  readonly text: Fits
  readonly number: Fits
  /** Whether a record may have keys that its codec does not declare, where io-ts allows them. */
  readonly moreKeys: boolean
}

const reading: Purpose = {
  text: (value) => typeof value === 'string',
  // io-ts compares with `!==`, so it copies any record that has a NaN.
  number: Number.isFinite,
  moreKeys: true,
}

/** What is encoded must be storable JSON as well. */
const writing: Purpose = {
  text: (value) => typeof value === 'string' && textIssue(value) === undefined,
  number: (value) => Number.isFinite(value) && !Object.is(value, -0), // -0 is written as 0
  moreKeys: false,
}

const isBoolean: Fits = (value) => typeof value === 'boolean'
const isNull: Fits = (value) => value === null

const isScalarValue = (value: unknown, { text, number }: Purpose): boolean =>
  text(value) || number(value) || isBoolean(value) || isNull(value)

// Likewise 0 and -0: io-ts may return the literal instead of the input.
const only = (wanted: string | number | boolean, { text, number }: Purpose): Fits | undefined =>
  text(wanted) || number(wanted) || isBoolean(wanted)
    ? (value) => Object.is(value, wanted)
    : undefined

const all = (fits: ReadonlyArray<Fits | undefined>): ReadonlyArray<Fits> | undefined => {
  const known = fits.filter((one) => one !== undefined)
  return known.length === fits.length ? known : undefined
}

const SCALARS: ReadonlySet<string | undefined> = new Set([
  'StringType',
  'NumberType',
  'BooleanType',
  'NullType',
  'LiteralType',
  'KeyofType',
])
const isScalar = (codec: Any): boolean => SCALARS.has(asBuilt(codec)?._tag)

const listOf =
  (item: Fits): Fits =>
  (value) => {
    if (!Array.isArray(value)) return false
    for (let index = 0; index < value.length; index++) if (!item(value[index])) return false
    return true
  }

const recordOf = ({ fields, exact }: Shape, parts: ReadonlyArray<Fits>, more: boolean): Fits => {
  const names = fields.map(({ name }) => name)
  const places = new Map(names.map((name, place) => [name, place]))
  const required = fields.map((field) => field.required)
  const needed = required.filter((one) => one).length
  const others = more && !exact

  return (value) => {
    if (typeof value !== 'object' || value === null || !isPlain(value)) return false
    let next = 0
    let found = 0
    for (const key in value) {
      const place = names[next] === key ? next : places.get(key) // usually in the declared order
      if (place === undefined) {
        if (others) continue
        return false
      }
      if (parts[place]?.(value[key]) !== true) return false
      if (required[place] === true) found += 1
      next = place + 1
    }
    return found === needed
  }
}

const fittingRecord = (shape: Shape, purpose: Purpose, depth: number): Fits | undefined => {
  const parts = all(shape.fields.map(({ codec }) => fitting(codec, purpose, depth + 1)))
  // A field named like a member of Object.prototype would look present when it is not.
  const usual = shape.fields.every(({ name }) => !(name in Object.prototype) && purpose.text(name))
  return parts && usual ? recordOf(shape, parts, purpose.moreKeys) : undefined
}

const fitting = (codec: Any, purpose: Purpose, depth: number): Fits | undefined => {
  const keeps = keepsScalar(codec)
  if (keeps !== undefined) return (value) => isScalarValue(value, purpose) && keeps(value)
  const built = depth > MAXIMUM_DEPTH ? undefined : asBuilt(codec)
  switch (built?._tag) {
    case undefined:
      return undefined
    case 'StringType':
      return purpose.text
    case 'NumberType':
      return purpose.number
    case 'BooleanType':
      return isBoolean
    case 'NullType':
      return isNull
    case 'LiteralType':
      return only(built.value, purpose)
    case 'KeyofType':
      return (value) => codec.is(value) && purpose.text(value)
    case 'ArrayType':
    case 'ReadonlyArrayType': {
      const item = fitting(built.type, purpose, depth + 1)
      return item && listOf(item)
    }
    case 'ReadonlyType':
      return fitting(built.type, purpose, depth)
    case 'RefinementType': {
      const fits = fitting(built.type, purpose, depth)
      return fits && ((value) => fits(value) && built.predicate(value))
    }
    case 'UnionType': {
      // With two record types, the first may match a value that only the second returns unchanged.
      const members = built.types.every(isScalar)
        ? all(built.types.map((member) => fitting(member, purpose, depth)))
        : undefined
      return members && ((value) => members.some((fits) => fits(value)))
    }
    case 'InterfaceType':
    case 'PartialType':
    case 'ExactType':
    case 'IntersectionType': {
      const shape = shapeOf(codec)
      return shape && fittingRecord(shape, purpose, depth)
    }
  }
}

/** If a predicate throws, fall back to io-ts, which reports earlier problems first. */
const safely = (fits: Fits, value: unknown): boolean => {
  try {
    return fits(value)
  } catch {
    return false
  }
}

const never: Fits = () => false

/** Whether `codec` would decode a value unchanged. */
export const fitsReading = <Value>(codec: Type<Value, unknown>) => {
  const fits = fitting(codec, reading, 0) ?? never
  return (value: unknown): value is Value => safely(fits, value)
}

/** Whether `codec` would encode a record unchanged, and the result is storable JSON. */
export const fitsWriting = (codec: Any) => {
  const fits = fitting(codec, writing, 0) ?? never
  return (value: unknown): value is JsonObject => safely(fits, value) && isRecord(value)
}

/** Whether the records that `codec` is for hold nothing but text, numbers, booleans and nulls. */
const isFlat = (codec: Any): boolean =>
  shapeOf(codec)?.fields.every((field) => isScalar(field.codec)) ?? false

/**
 * A copy of a record, if `codec` writes it and reads it back as it is; `undefined` means "unknown", so
 * use io-ts. What is checked is the copy: a record that looks different at every look (a proxy, a getter)
 * is stored as it was seen once.
 */
export const unchangedCopy = <Value>(codec: Type<Value, unknown>) => {
  const [writes, flat] = [fitsWriting(codec), isFlat(codec)]
  return (value: Value): (Value & JsonObject) | undefined => {
    if (typeof value !== 'object' || value === null || !isPlain(value)) return undefined
    try {
      const copy = flat ? { ...value } : plainCopy(value)
      return writes(copy) ? copy : undefined
    } catch {
      return undefined
    }
  }
}
