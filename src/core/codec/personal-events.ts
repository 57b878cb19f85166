import type { EventCodec } from './event-codec'

/** Whether a codec, or one in it, is that of a record with personal fields. */
const isPersonal = (codec: unknown, seen = new Set<unknown>()): boolean => {
  if (typeof codec !== 'object' || codec === null || seen.has(codec)) return false
  seen.add(codec)
  if ('_tag' in codec && codec._tag === 'PersonalRecordType') return true
  return ['type', 'types', 'props', 'codomain', 'event'].some((part) => {
    const inner: unknown = part in codec ? Reflect.get(codec, part) : undefined
    const parts: unknown[] = typeof inner === 'object' && inner !== null ? Object.values(inner) : []
    return isPersonal(inner, seen) || parts.some((one) => isPersonal(one, seen))
  })
}

/** Whether some events of a codec have personal fields. */
export const hasPersonalEvents = <Event>({ shapes = {} }: EventCodec<Event>): boolean =>
  Object.values(shapes).some((shape) => isPersonal(shape))
