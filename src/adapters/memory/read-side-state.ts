import type { BuildStatus, ProjectionBuild } from '../../core/ports/projection-store'
import type { Position } from '../../core/stream'
import type { MemoryOutboxCommand } from './outbox-store'
import type { MemoryDocuments } from './documents'
import type { MemorySubscription } from './subscription-state'

/** A build, also when it is removed. Times in milliseconds, by the store's clock. */
export interface MemoryBuild extends ProjectionBuild {
  /** `gone`: only the number is left, so that it is not used again. */
  state: BuildStatus['state'] | 'gone'
  /** Whether other instances may join it. */
  readonly isShared: boolean
  readonly begunAt: number
  keptUntil: number
  wasActive: boolean
  wasRolledBack: boolean
}

/** The state that the parts of one read side share; it is found by their documents. */
export interface MemoryReadSideState {
  readonly subscriptions: Map<string, MemorySubscription>
  /** The active build of each projection. */
  readonly builds: Map<string, ProjectionBuild>
  /** Every build of each projection that was ever begun, by version and number. */
  readonly begun: Map<string, MemoryBuild[]>
  /** Every write of an outbox command has a number of its own; the collection says which one is current. */
  readonly commands: Map<number, MemoryOutboxCommand>
  /** The last number that was used. */
  sequence: number
}

const states = new WeakMap<MemoryDocuments, MemoryReadSideState>()

/** The state of the read side whose documents these are. */
export const readSideOf = (documents: MemoryDocuments): MemoryReadSideState => {
  const known = states.get(documents)
  if (known !== undefined) return known
  const made: MemoryReadSideState = {
    subscriptions: new Map(),
    builds: new Map(),
    begun: new Map(),
    commands: new Map(),
    sequence: 0,
  }
  states.set(documents, made)
  return made
}

/** How far all partitions of a subscription have come. `undefined`: there is no such subscription. */
export const reachedIn = (
  subscriptions: MemoryReadSideState['subscriptions'],
  name: string,
): Position | undefined => {
  const positions = subscriptions.get(name)?.partitions.map(({ position }) => position) ?? []
  return positions.length === 0 ? undefined : Math.min(...positions)
}
