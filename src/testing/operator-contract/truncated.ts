import type { Truncating } from '../../core/operator/truncating'
import type { NewEvent } from '../../core/recorded-event'
import type { StreamId } from '../../core/stream'
import { succeeds } from '../store-contract/checks'
import { anEvent, appendTo, freshStream, numbered } from '../store-contract/fixtures'
import type { Operated } from './subject'

export const by = 'ops@example.org'
export const why = 'ten years of small amounts'

export const summaryOf = (number: number, tags?: ReadonlyArray<string>): NewEvent => ({
  ...anEvent({ number }, {}, 'Summarised'),
  ...(tags === undefined ? {} : { tags }),
})
export const truncating = (
  streamId: StreamId,
  upTo: number,
  more: Partial<Truncating> = {},
): Truncating => ({ streamId, upTo, summary: summaryOf(100 + upTo), by, why, ...more })

export const filled = async ({ store }: Operated, count: number): Promise<StreamId> => {
  const streamId = freshStream()
  await succeeds(store.append(appendTo(streamId, 0, numbered(count))))
  return streamId
}
