import type { SplitPart } from '../../core/ports/split'
import type { Placement } from './placement'

/** What a split is about to do. */
export type SplitStep =
  /** Half of the slots begin to move: their streams take no appends from here on. */
  | { readonly step: 'move'; readonly slots: number }
  /** The standby becomes a primary. */
  | { readonly step: 'promote' }
  /** It becomes a shard of its own. */
  | { readonly step: 'adopt' }
  /** The map with one shard more comes into force: the streams take appends again. */
  | { readonly step: 'place' }
  /** Streams that are on another shard now are deleted. */
  | { readonly step: 'drop'; readonly shard: number; readonly dropped: number }
  /** No slot is moved any more: the split is cancelled. */
  | { readonly step: 'cancel' }

/** A split of one shard. */
export interface Split {
  /** All shards that there were before it, in their order. */
  readonly shards: ReadonlyArray<SplitPart>
  /** A standby of the shard that is split: the next shard. */
  readonly standby: SplitPart
  /** Which one is split, from 0. */
  readonly shard: number
  readonly placement: Placement
  /** How long the standby may take to have what the shard has, in milliseconds. */
  readonly patience: number
  /** How long nothing is deleted after the new map is in force, in milliseconds: until every process reads by it. */
  readonly settling: number
  /** Called before each step. What it returns is waited for. */
  readonly onStep: (step: SplitStep) => Promise<void>
}
