import assert from 'node:assert/strict'
import type { AppendTogetherError } from '../../core/errors/unions'
import type { BoundaryStore } from '../../core/ports/boundary-store'
import type { StreamStore } from '../../core/ports/event-store'
import type { Opened, SuiteOf } from '../suites'
import { eventsOf } from './checks'
import { atOnce } from './fixtures'

/** The same data over separate connections; the same object twice if the adapter has only one. */
export interface BoundaryStores extends Opened {
  readonly store: StreamStore & BoundaryStore
  readonly second: StreamStore & BoundaryStore
}

/** Tests of one subject. */
export type BoundarySuite = SuiteOf<BoundaryStores>

export const WRITERS = 10
export const ROUNDS = 10

/** Every second writer uses the second connection. */
export const writer = ({ store, second }: BoundaryStores, index: number) =>
  index % 2 === 0 ? store : second

/** Every second writer names the streams the other way round. */
export const turned = <Item>(items: ReadonlyArray<Item>, index: number): ReadonlyArray<Item> =>
  index % 2 === 0 ? items : items.toReversed()

/** How many events a stream has. */
export const lengthIn = async (store: StreamStore, streamId: string): Promise<number> =>
  (await eventsOf(store, streamId)).length

/** How many of the attempts succeeded; all others must have failed like this. */
export const wins = async (
  attempts: number,
  loser: AppendTogetherError['_tag'],
  attempt: (index: number) => ReturnType<BoundaryStore['appendTogether']>,
): Promise<number> => {
  const answers = await atOnce(attempts, (index) => attempt(index)())
  const lost = answers.flatMap((answer) => (answer._tag === 'Left' ? [answer.left] : []))
  for (const error of lost) assert.equal(error._tag, loser, error.message)
  return attempts - lost.length
}
