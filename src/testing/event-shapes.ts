import type { EventCodec } from '../core/codec/event-codec'
import { isRecord, type Json } from '../core/json'
import { describeCodec } from './describe-codec'

/** The shape of every event type at every released schema version. */
export type EventShapes = Readonly<Record<string, Readonly<Record<string, Json>>>>

/** The current shapes of `codec`: one schema version for each type. */
export const eventShapes = <Event>({ schemaVersions, shapes }: EventCodec<Event>): EventShapes =>
  Object.fromEntries(
    Object.entries(schemaVersions).map(([type, version]) => [
      type,
      { [version]: describeCodec(shapes?.[type]) },
    ]),
  )

/** The result of comparing with the released shapes. */
export interface ShapeReport {
  /** New types and new versions of types: `AccountOpened v2`. */
  readonly added: ReadonlyArray<string>
  /** What could make stored events unreadable, one sentence each. */
  readonly problems: ReadonlyArray<string>
  /** The released shapes and the new ones. */
  readonly shapes: EventShapes
}

const text = (shape: Json | undefined): string => JSON.stringify(shape)

const newestIn = (versions: Readonly<Record<string, Json>>): number =>
  Math.max(...Object.keys(versions).map(Number))

/** The problem of one current type, or `undefined`. */
const problemWith = (
  type: string,
  known: Readonly<Record<string, Json>>,
  version: string,
  shape: Json,
): string | undefined => {
  if (newestIn(known) > Number(version)) {
    return `${type} was released at schema version ${newestIn(known)} and is at ${version} now: an upcaster is missing.`
  }
  const before = known[version]
  return before === undefined || text(before) === text(shape)
    ? undefined
    : `${type} v${version} was released as ${text(before)} and is ${text(shape)} now: ` +
        'revert the change, or add an upcaster, which makes it a new schema version.'
}

/** Compares the current shapes with the released ones. */
export const compareEventShapes = (released: EventShapes, today: EventShapes): ShapeReport => {
  const shapes: Record<string, Readonly<Record<string, Json>>> = { ...released }
  const added: Array<string> = []
  const problems = Object.keys(released)
    .filter((type) => !Object.hasOwn(today, type))
    .map((type) => `${type} was released and has been removed: its stored events cannot be read.`)

  for (const [type, versions] of Object.entries(today)) {
    const known = shapes[type] ?? {}
    for (const [version, shape] of Object.entries(versions)) {
      const problem = problemWith(type, known, version, shape)
      if (problem !== undefined) problems.push(problem)
      else if (known[version] === undefined) {
        added.push(`${type} v${version}`)
        shapes[type] = { ...known, [version]: shape }
      }
    }
  }
  return { added, problems, shapes }
}

/** The shapes before the first release. */
export const noEventShapes: EventShapes = {}

/** Whether `value` is the content of a file of event shapes. */
export const isEventShapes = (value: unknown): value is EventShapes =>
  isRecord(value) && Object.values(value).every(isRecord)
