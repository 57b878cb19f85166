import type { StreamId } from './stream'

/**
 * The partition of a stream: an integer from 0 to `partitions - 1`, always the same for the same stream.
 * FNV-1a over its UTF-16 code units, 32 bits. Source: http://www.isthe.com/chongo/tech/comp/fnv/
 *
 * @param partitions - how many there are. 1 or more.
 *
 * @example
 * partitionOf('account-A1', 1) // 0
 */
export const partitionOf = (streamId: StreamId, partitions: number): number => {
  let hash = 0x811c9dc5
  for (let index = 0; index < streamId.length; index++) {
    const unit = streamId.charCodeAt(index)
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193)
    hash = Math.imul(hash ^ (unit >>> 8), 0x01000193)
  }
  return (hash >>> 0) % partitions
}
