import * as E from 'fp-ts/Either'
import { causeText } from '../../core/issue'

/** What is made up for one run: a life of commands, and events in any order. */
export interface Story<Command, Event> {
  readonly commands: ReadonlyArray<Command>
  readonly events: ReadonlyArray<Event>
}

/** A law about one decider: its name, what it means, and how it is checked. */
export interface DeciderLaw<Command, Event> {
  readonly name: string
  readonly meaning: string
  /** Why it cannot be checked, if so. */
  readonly unchecked?: string
  /** What is wrong, as this story shows; or `undefined`. It may throw when user code does. */
  readonly problem: (story: Story<Command, Event>) => string | undefined
}

/** The first problem among `items`, or `undefined`. */
export const firstProblem = <Item>(
  items: Iterable<Item>,
  problemOf: (item: Item) => string | undefined,
): string | undefined => {
  for (const item of items) {
    const problem = problemOf(item)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** What `compute` gives, or what it threw, as text. */
export const attempt = <Value>(during: string, compute: () => Value): E.Either<string, Value> =>
  E.tryCatch(compute, (cause) => `${during} threw: ${causeText(cause)}`)
