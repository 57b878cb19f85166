import { expectTypeOf } from 'expect-type'
import { everyNEvents, never, type SnapshotPolicy, when } from 'reprise'
import { type Reached } from 'reprise/adapter'

interface Balance {
  readonly balance: number
}

// A policy that does not look at the state fits a category of any state.
expectTypeOf(never).toExtend<SnapshotPolicy<Balance>>()
expectTypeOf(everyNEvents(100)).toExtend<SnapshotPolicy<Balance>>()

// One that looks at it fits that state alone.
const round = when(({ state }: Reached<Balance>) => state.balance % 100 === 0)
expectTypeOf(round).toExtend<SnapshotPolicy<Balance>>()
expectTypeOf(round).not.toExtend<SnapshotPolicy<string>>()
