/** The locks of one transaction. */
export interface Locks {
  /** Waits for each of them. Answers `false`, without them, when that would be a deadlock. */
  readonly take: (names: ReadonlyArray<string>) => Promise<boolean>
  /** At the end of the transaction. Safe to repeat. */
  readonly release: () => void
}

interface Owner {
  readonly ended: Promise<void>
  /** The owner of the lock that this one waits for. */
  waitsFor: Owner | undefined
}

const endless = (from: Owner, towards: Owner | undefined): boolean =>
  towards !== undefined && (towards === from || endless(from, towards.waitsFor))

/** Named locks as in a database: held until the end of their transaction. */
export const documentLocks = (): (() => Locks) => {
  const owners = new Map<string, Owner>()
  return () => {
    let release: () => void = () => undefined
    const ended = new Promise<void>((resolve) => {
      release = resolve
    })
    const me: Owner = { ended, waitsFor: undefined }
    return {
      take: async (names) => {
        for (const name of [...names].sort()) {
          for (let other = owners.get(name); other !== undefined && other !== me;) {
            if (endless(me, other)) return false
            me.waitsFor = other
            await other.ended
            me.waitsFor = undefined
            other = owners.get(name)
          }
          owners.set(name, me)
        }
        return true
      },
      release: () => {
        for (const [name, owner] of owners) if (owner === me) owners.delete(name)
        release()
      },
    }
  }
}
