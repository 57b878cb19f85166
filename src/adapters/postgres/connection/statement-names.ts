/** How many of our statements a connection keeps prepared. One schema has about 35. */
const MOST_PREPARED = 100

/** How often another statement must come before it takes the place of one that is prepared. */
const WORTH_A_PLACE = 5

/** How many texts are counted for that. */
const MOST_COUNTED = 1_000

/** Under which names one connection has prepared statements, text by text. */
export interface StatementNames {
  /** The name to prepare a statement under, or to run it by; `undefined`: it is not worth a place. */
  readonly nameOf: (label: string, text: string) => string | undefined
  /** A new name, never used before. */
  readonly freshName: (label: string) => string
  /** Takes the name of a text back: whether the server knows it is not known. */
  readonly withdraw: (text: string) => void
  /** Names that were evicted or withdrawn since the last call: the server should deallocate them. */
  readonly takeRetired: () => ReadonlyArray<string>
}

/**
 * A name belongs to one text of one connection, and is never given again: not to another text, nor by another
 * connection, which a pooler may lead to the same server process. The number of names is bounded: what was not used
 * for longest goes first, once another text has missed several times.
 */
export const statementNames = (most: number = MOST_PREPARED): StatementNames => {
  const connection = crypto.randomUUID().replaceAll('-', '').slice(0, 16)
  const names = new Map<string, string>() // least recently used first, once there are so many that it matters
  const misses = new Map<string, number>()
  let retired: string[] = []
  let given = 0

  const isWorthAPlace = (text: string): boolean => {
    const times = (misses.get(text) ?? 0) + 1
    if (times >= WORTH_A_PLACE) {
      misses.delete(text)
      return true
    }
    if (misses.size >= MOST_COUNTED) misses.clear()
    misses.set(text, times)
    return false
  }

  const freshName = (label: string): string => {
    given += 1
    return `reprise_${label}_${connection}_${given}`
  }

  return {
    freshName,
    nameOf: (label, text) => {
      const known = names.get(text)
      if (known !== undefined) {
        if (names.size >= most) {
          names.delete(text)
          names.set(text, known)
        }
        return known
      }
      if (names.size >= most) {
        if (!isWorthAPlace(text)) return undefined
        const [oldest] = names
        if (oldest !== undefined) {
          names.delete(oldest[0])
          retired.push(oldest[1])
        }
      }
      const name = freshName(label)
      names.set(text, name)
      return name
    },
    withdraw: (text) => {
      const name = names.get(text)
      if (name === undefined) return
      names.delete(text)
      retired.push(name)
    },
    takeRetired: () => {
      const taken = retired
      if (taken.length > 0) retired = []
      return taken
    },
  }
}
