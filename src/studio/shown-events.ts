import * as E from 'fp-ts/Either'
import { isRecord, jsonSize, type Json } from '../core/json'
import type { StoredEvent } from '../core/recorded-event'
import { withoutSealed } from '../core/sealed-value'
import { categoryOf } from '../core/stream'
import { decodeEvent } from '../shell/state/replay'
import type { EventRow, Shown, ShownChange, ShownState } from './answers'
import { difference } from './difference'
import type { Environment } from './environment'
import { type Mask, shownBy } from './masking'
import { plain } from './plain'
import type { StateAndBefore } from './states'

/** Data of an event in a list: larger data is shown with the event alone. In about bytes. */
const MOST_IN_LIST = 4_096
/** What is shown at all, of a state for instance. In about bytes. */
const MOST_SHOWN = 4_000_000
const MOST_CHANGES = 200

/** How much of an event is shown. */
export interface Showing {
  /** `undefined`: nothing is hidden. */
  readonly mask: Mask | undefined
  readonly isAlone: boolean
}

const tooLarge = (size: number): Shown => ({
  value: `(too large to be shown: about ${Math.round(size / 1_000)} kB)`,
  hidden: [],
})

/** A value, if it is not too large. */
export const shownValue = (
  mask: Mask | undefined,
  value: Json,
  path: ReadonlyArray<string> = [],
): Shown => {
  const size = jsonSize(value)
  return size > MOST_SHOWN ? tooLarge(size) : shownBy(mask, value, path)
}

const textOf = (metadata: unknown, key: string): Readonly<Record<string, string>> => {
  const value = isRecord(metadata) ? metadata[key] : undefined
  return typeof value === 'string' ? { [key]: value } : {}
}

/** An event as the page shows it. */
export const shownEvent = (
  { categories }: Pick<Environment, 'categories'>,
  { mask, isAlone }: Showing,
  event: StoredEvent,
): EventRow => {
  const { id, streamId, version, position, recordedAt, type, schemaVersion, data } = event
  const metadata = plain(event.metadata)
  const size = jsonSize(data)
  const category = categories.find(({ name }) => name === categoryOf(streamId))
  const decoded = category && decodeEvent(category, withoutSealed(event))
  return {
    ...{ id, streamId, version, position, recordedAt, type, schemaVersion, size },
    ...(isAlone || size <= MOST_IN_LIST ? { data: shownValue(mask, data) } : {}),
    metadata:
      jsonSize(metadata) > MOST_IN_LIST ? tooLarge(jsonSize(metadata)) : shownBy(mask, metadata),
    ...textOf(metadata, 'commandId'),
    ...textOf(metadata, 'correlationId'),
    ...textOf(metadata, 'causationId'),
    ...(decoded && E.isLeft(decoded) ? { undecodable: decoded.left.message } : {}),
  }
}

/** What has changed between two states. */
export const shownChanges = (
  mask: Mask | undefined,
  before: Json,
  after: Json,
): { readonly changes: ReadonlyArray<ShownChange>; readonly moreChanges: boolean } => {
  const { changes, more } = difference(before, after, MOST_CHANGES)
  return {
    changes: changes.map((change) => ({
      path: change.path,
      ...(change.before === undefined
        ? {}
        : { before: shownValue(mask, change.before, change.path) }),
      ...(change.after === undefined ? {} : { after: shownValue(mask, change.after, change.path) }),
    })),
    moreChanges: more,
  }
}

/** A state, and what has changed since the version before. */
export const shownState = (mask: Mask | undefined, { at, before }: StateAndBefore): ShownState => {
  const [now, then] = [plain(at.state), plain(before.state)]
  return { _tag: 'Known', state: shownValue(mask, now), ...shownChanges(mask, then, now) }
}
