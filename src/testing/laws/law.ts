import * as E from 'fp-ts/Either'
import { causeText } from '../../core/issue'

/** What is generated for one run: commands to send one after another, and events in any order. */
export interface Story<Command, Event> {
  readonly commands: ReadonlyArray<Command>
  readonly events: ReadonlyArray<Event>
}

/** A law about one decider: its name, its meaning, and how it is checked. */
export interface DeciderLaw<Command, Event> {
  readonly name: string
  readonly meaning: string
  /** Why it cannot be checked, if it cannot. */
  readonly unchecked?: string
  /** How this scenario breaks the law, or `undefined`. May throw if user code does. */
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

/** The value of `compute`, or the text of what it threw. */
export const attempt = <Value>(during: string, compute: () => Value): E.Either<string, Value> =>
  E.tryCatch(compute, (cause) => `${during} threw: ${causeText(cause)}`)
