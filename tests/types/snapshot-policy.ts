import { expectTypeOf } from 'expect-type'
import { everyNEvents, neverSnapshot, snapshotWhen } from 'reprise'
import { type ReachedState, type SnapshotPolicy } from 'reprise/adapter'

interface Balance {
  readonly balance: number
}

// A policy that does not look at the state fits a category of any state.
expectTypeOf(neverSnapshot).toExtend<SnapshotPolicy<Balance>>()
expectTypeOf(everyNEvents(100)).toExtend<SnapshotPolicy<Balance>>()

// One that looks at it fits that state alone.
const round = snapshotWhen(({ state }: ReachedState<Balance>) => state.balance % 100 === 0)
expectTypeOf(round).toExtend<SnapshotPolicy<Balance>>()
expectTypeOf(round).not.toExtend<SnapshotPolicy<string>>()
