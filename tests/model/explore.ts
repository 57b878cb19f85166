/** An algorithm, as its states and the steps that can be made in each of them, by whomever. */
export interface Model<State> {
  readonly initial: State
  readonly steps: (state: State) => ReadonlyArray<readonly [name: string, next: State]>
  /** Why a state must not be. `undefined`: it may. */
  readonly problem: (state: State) => string | undefined
  /** The same for states that differ in nothing that matters, such as which of two equal writers is which. */
  readonly key: (state: State) => string
}

/** What {@link explore} has found. */
export interface Explored {
  /** How many different states there are, or were until the problem was found. */
  readonly states: number
  readonly problem?: string
  /** The shortest way to the problem. */
  readonly way?: ReadonlyArray<string>
}

/** Visits every state that any interleaving leads to, the nearest ones first. */
export const explore = <State>({ initial, steps, problem, key }: Model<State>): Explored => {
  const found: { readonly state: State; readonly name: string; readonly before: number }[] = [
    { state: initial, name: '', before: -1 },
  ]
  const known = new Set([key(initial)])
  const wayTo = (index: number): ReadonlyArray<string> => {
    const one = found[index]
    return one === undefined || one.before < 0 ? [] : [...wayTo(one.before), one.name]
  }
  for (let index = 0; index < found.length; index++) {
    const { state } = found[index]!
    const wrong = problem(state)
    if (wrong !== undefined) return { states: known.size, problem: wrong, way: wayTo(index) }
    for (const [name, next] of steps(state)) {
      const nextKey = key(next)
      if (known.has(nextKey)) continue
      known.add(nextKey)
      found.push({ state: next, name, before: index })
    }
  }
  return { states: known.size }
}

/** A counterexample in words, a step a line. */
export const described = (
  title: string,
  { problem = 'holds', way = [], states }: Explored,
): string =>
  [`${title}: ${problem} (${states} states)`, ...way.map((step, n) => `  ${n + 1}. ${step}`)].join(
    '\n',
  )
