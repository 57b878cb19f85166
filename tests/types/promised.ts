import { expectTypeOf } from 'expect-type'
import {
  type CommandOptions,
  type CommandResult,
  type HandleError,
  type LoadError,
  type OpenCategory,
  promised,
  type PromisedResult,
  type Versioned,
} from 'reprise'
import type { SnapshotImpossible, VersionNotReached } from 'reprise/adapter'

type Refused = { readonly _tag: 'Refused' }
declare const category: OpenCategory<'go', number, 'gone', Refused>

const door = promised(category)
type Handled = Promise<PromisedResult<HandleError<Refused>, CommandResult<number, 'gone'>>>
type Loaded<Failure> = Promise<PromisedResult<Failure, Versioned<number>>>

expectTypeOf(door.handleCommand).toEqualTypeOf<
  (id: string, command: 'go', options?: CommandOptions) => Handled
>()
expectTypeOf(door.handle).toEqualTypeOf<
  (id: string, body: unknown, options?: CommandOptions) => Handled
>()
expectTypeOf(door.load).toEqualTypeOf<(id: string) => Loaded<LoadError>>()
expectTypeOf(door.cached).toEqualTypeOf<(id: string) => Loaded<LoadError>>()
expectTypeOf(door.replayTo).returns.toEqualTypeOf<Loaded<LoadError | VersionNotReached>>()
expectTypeOf(door.asOf).returns.toEqualTypeOf<Loaded<LoadError>>()
expectTypeOf(door.snapshot).returns.toEqualTypeOf<Loaded<LoadError | SnapshotImpossible>>()
expectTypeOf(door.newId).toEqualTypeOf<() => string>()
expectTypeOf(door.snapshotsSettled).toEqualTypeOf<() => Promise<void>>()
expectTypeOf<keyof typeof door>().toEqualTypeOf<keyof typeof category>()

// A result is known by `ok`.
export const stateOf = async (): Promise<number | Refused | string> => {
  const result = await door.handleCommand('A', 'go')
  if (result.ok) return result.state
  return result.error._tag === 'Rejected' ? result.error.rejection : result.error.message
}
// @ts-expect-error: another command
void door.handleCommand('A', 'stop')
