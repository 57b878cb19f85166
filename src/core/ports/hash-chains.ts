import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../errors/store'
import type { ChainHead } from '../transfer/chain'
import type { Position, StreamId } from '../stream'

/** What one step of sealing stores. */
export interface SealStep {
  /** How far the store was sealed before. If it is elsewhere, nothing is stored. */
  readonly after: Position
  /** How far it is then. No event can appear any more up to here. */
  readonly upTo: Position
  readonly heads: ReadonlyArray<ChainHead>
}

/**
 * The hash chains of a store: of each stream the hash of its last event that was sealed, which holds that of the one before, and so
 * on to the first. Nothing of it is done in an append.
 *
 * Every method fails with `StoreFailed` when the store rejects the statement or does not answer.
 */
export interface HashChains {
  /** How far the store is sealed: every event up to here is in the chain of its stream. 0: not at all. */
  readonly sealedTo: () => TaskEither<StoreFailed, Position>

  /** The heads of the chains of some streams. One that has none is missing. */
  readonly heads: (
    streams: ReadonlyArray<StreamId>,
  ) => TaskEither<StoreFailed, ReadonlyArray<ChainHead>>

  /** Stores a step; all of it, or nothing. `false`: another process was faster, and nothing was stored. */
  readonly seal: (step: SealStep) => TaskEither<StoreFailed, boolean>
}
