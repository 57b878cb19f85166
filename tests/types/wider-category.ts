import type { Category } from 'reprise'

interface Opened {
  readonly type: 'Opened'
  readonly owner: string
}
interface Closed {
  readonly type: 'Closed'
}
type Narrow = Category<{ readonly type: 'Open' }, number, Opened, never>
type Wide = Category<{ readonly type: 'Open' }, number, Opened | Closed, never>

declare const narrow: Narrow
declare const wide: Pick<Wide, 'decider' | 'events'>

// The tags of the narrow category stay: they receive the other events, too.
export const spread: Wide = { ...narrow, ...wide }

export const declared: Narrow = { ...narrow, tags: ({ owner }, id) => [owner, id] }
export const bare: Narrow = { ...narrow, tags: () => [] }
// @ts-expect-error -- there is no such field
export const unknown: Narrow = { ...narrow, tags: ({ balance }) => [String(balance)] }
// @ts-expect-error -- the id is text
export const numbered: Narrow = { ...narrow, tags: (_event, id: number) => [String(id)] }
// @ts-expect-error -- tags are text
export const wrong: Narrow = { ...narrow, tags: () => [7] }
