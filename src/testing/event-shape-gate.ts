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
    : E.left(`${file} is not a file of event shapes`)
}

/**
 * Compares the events of `codec` with the shapes recorded in `file`. Writes nothing.
 *
 * @param file - a JSON file in your repository. If it does not exist, nothing has been released yet.
 *
 * Never fails: a file that cannot be read is one of the `problems` of the report.
 *
 * @example
 * const { problems } = checkEventShapes(accountEvents, 'events.json')
 */
export const checkEventShapes = <Event>(codec: EventCodec<Event>, file: string): ShapeReport => {
  const released = read(file)
  return E.isLeft(released)
    ? { added: [], problems: [released.left], shapes: noEventShapes }
    : compareEventShapes(released.right, eventShapes(codec))
}

/**
 * Like {@link checkEventShapes}, and adds new shapes to `file`. Released shapes are never changed. Throws what the file
 * system throws if it cannot be written.
 *
 * @example
 * const { added } = recordEventShapes(accountEvents, 'events.json')
 */
export const recordEventShapes = <Event>(codec: EventCodec<Event>, file: string): ShapeReport => {
  const report = checkEventShapes(codec, file)
  if (report.problems.length === 0 && report.added.length > 0) {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, `${JSON.stringify(report.shapes, null, 2)}\n`)
  }
  return report
}

/**
 * A test in one line: fails with an `AssertionError` if the shape of a released event has changed without a new schema
 * version, or if its type was removed. New shapes are added to `file`, which you commit. On a build server (where
 * `CI` is set) nothing is written, and a shape that is not in `file` fails the test.
 *
 * @param file - a JSON file in your repository. If it does not exist, nothing has been released yet.
 *
 * @example
 * it('writes events as released', () => assertEventShapes(accountEvents, 'events.json'))
 */
export const assertEventShapes = <Event>(codec: EventCodec<Event>, file: string): void => {
  const isServer = (process.env['CI'] ?? '') !== ''
  const { problems, added } = (isServer ? checkEventShapes : recordEventShapes)(codec, file)
  const unrecorded = isServer
    ? added.map((each) => `${each} is not in ${file}: run this test locally and commit the file.`)
    : []
  const all = [...problems, ...unrecorded]
  if (all.length > 0) assert.fail(`Stored events could become unreadable.\n${all.join('\n')}`)
}
