/** Why a shard is not split, or not further. */
export type SplitObstacle =
  /** The shards that were given are not all of them, or more than there are. */
  | 'OtherShards'
  /** There is no shard of that number. */
  | 'NoSuchShard'
  /** The shard has one slot: it cannot give any away. */
  | 'OneSlot'
  /** What was given as the standby is a primary, and does not belong to a split that is under way. */
  | 'NotAStandby'
  /** The standby follows another server than the shard. */
  | 'OtherStandby'
  /** The standby did not have all that the shard has in time. No slot is being moved. */
  | 'StandbyBehind'
  /** The standby was promoted before it knew which slots are moved: it lacks events. Cancel, and make it again. */
  | 'PromotedEarly'
  /** Another split is under way: finish or cancel that one. */
  | 'AnotherSplit'
  /** Streams are not where the placement says that was given: it is not that of the programs. */
  | 'OtherPlacement'
  /** A process manager of the shard is not paused: both sides would send what it has in its outbox. */
  | 'ProcessManagerActive'
  /** There are commands or timers in the outbox, and the placement does not say where their processes belong. */
  | 'ProcessesNotPlaced'
  /** A shard has not taken the new map in time, so nothing is deleted yet. Begin again. */
  | 'ShardBehind'
  /** There is nothing to be cancelled: no slot is being moved. */
  | 'NothingToCancel'

/** A shard is not split, or not further. What was done before stays, and the split can be begun again or cancelled. */
export interface SplitRefused {
  readonly _tag: 'SplitRefused'
  readonly reason: SplitObstacle
  readonly message: string
}
/**
 * The error {@link SplitRefused}.
 *
 * @param advice - what is wrong, and what to do about it.
 *
 * @example
 * splitRefused('NoSuchShard', 'there is no shard 7: there are 2, from 0')
 */
export const splitRefused = (reason: SplitObstacle, advice: string): SplitRefused => ({
  _tag: 'SplitRefused',
  reason,
  message: `The shard is not split (${reason}): ${advice}.`,
})
