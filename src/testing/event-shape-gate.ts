import * as E from 'fp-ts/Either'
import assert from 'node:assert'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { EventCodec } from '../core/codec/event-codec'
import { causeText } from '../core/issue'
import {
  compareEventShapes,
  eventShapes,
  isEventShapes,
  noEventShapes,
  type EventShapes,
  type ShapeReport,
} from './event-shapes'

const read = (file: string): E.Either<string, EventShapes> => {
  if (!existsSync(file)) return E.right(noEventShapes)
  const content = E.tryCatch(
    (): unknown => JSON.parse(readFileSync(file, 'utf8')),
    (cause) => `${file} cannot be read: ${causeText(cause)}`,
  )
  if (E.isLeft(content)) return content
  return isEventShapes(content.right)
    ? E.right(content.right)
    : E.left(`${file} does not hold the shapes of events`)
}

/**
 * Compares the events of `codec` with the shapes recorded in `file`. Writes nothing.
 *
 * @param file - a JSON file, kept in your repository. Not there yet: nothing was released.
 */
export const checkEventShapes = <Event>(codec: EventCodec<Event>, file: string): ShapeReport => {
  const released = read(file)
  return E.isLeft(released)
    ? { added: [], problems: [released.left], shapes: noEventShapes }
    : compareEventShapes(released.right, eventShapes(codec))
}

/** As {@link checkEventShapes}, and records in `file` what is new. What was released never changes. */
export const recordEventShapes = <Event>(codec: EventCodec<Event>, file: string): ShapeReport => {
  const report = checkEventShapes(codec, file)
  if (report.problems.length === 0 && report.added.length > 0) {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, `${JSON.stringify(report.shapes, null, 2)}\n`)
  }
  return report
}

/**
 * A test in one line: fails when the shape of a released event has changed without a new schema version,
 * or when its type is gone. What is new is recorded in `file`; commit it. On a build server (where `CI`
 * is set) nothing is recorded, and what is not recorded yet fails.
 *
 * @example
 * it('writes events as released', () => assertEventShapes(accountEvents, 'events.json'))
 */
export const assertEventShapes = <Event>(codec: EventCodec<Event>, file: string): void => {
  const isServer = (process.env['CI'] ?? '') !== ''
  const { problems, added } = (isServer ? checkEventShapes : recordEventShapes)(codec, file)
  const unrecorded = isServer
    ? added.map(
        (each) => `${each} is not recorded in ${file}: run the test at home, and commit it.`,
      )
    : []
  const all = [...problems, ...unrecorded]
  if (all.length > 0) assert.fail(`Stored events would become unreadable.\n${all.join('\n')}`)
}
