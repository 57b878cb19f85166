/** How many of the caller's statements a connection prepares, and how many texts it remembers for that. */
const MOST_PREPARED = 200
const MOST_REMEMBERED = 1_000

/** The name to prepare one of the caller's statements under; `undefined` while it should not be prepared. */
export type NameOf = (text: string, parameters: ReadonlyArray<unknown>) => string | undefined

/** None of the caller's statements is prepared. */
export const noStatementCache = (): NameOf => () => undefined

/**
 * Statements with parameters are prepared the second time they come. Both numbers are bounded: texts that are
 * composed afresh each time must not fill the server's memory, or ours.
 */
export const statementCache = (freshName: (label: string) => string): NameOf => {
  const names = new Map<string, string | undefined>()
  let prepared = 0
  return (text, parameters) => {
    if (parameters.length === 0) return undefined
    const known = names.get(text)
    if (known !== undefined) return known
    if (!names.has(text)) {
      if (names.size < MOST_REMEMBERED) names.set(text, undefined)
      return undefined
    }
    if (prepared === MOST_PREPARED) return undefined
    prepared += 1
    const name = freshName('callers')
    names.set(text, name)
    return name
  }
}
