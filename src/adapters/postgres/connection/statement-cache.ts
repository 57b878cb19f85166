/** How many statements of the caller's a connection prepares, and how many it watches. */
const MOST_PREPARED = 200
const MOST_WATCHED = 1_000

/** The name to prepare a statement of the caller's under; `undefined` while it should not be prepared. */
export type NameOf = (text: string, parameters: ReadonlyArray<unknown>) => string | undefined

/** No statement of the caller's is prepared. */
export const noHabits: NameOf = () => undefined

/**
 * Statements with parameters are prepared the second time they come. Both numbers are bounded: texts that
 * are put together anew each time must not fill the server's memory, or ours.
 */
export const habits = (): NameOf => {
  const names = new Map<string, string | undefined>()
  let prepared = 0
  return (text, parameters) => {
    if (parameters.length === 0) return undefined
    const known = names.get(text)
    if (known !== undefined) return known
    if (!names.has(text)) {
      if (names.size < MOST_WATCHED) names.set(text, undefined)
      return undefined
    }
    if (prepared === MOST_PREPARED) return undefined
    prepared += 1
    const name = `reprise_callers_${prepared}`
    names.set(text, name)
    return name
  }
}
