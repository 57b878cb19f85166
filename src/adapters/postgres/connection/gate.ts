/** Lets a number of callers in at a time, in the order of arrival. */
export interface Gate {
  /** Answers what is to be called, once, on leaving. */
  readonly enter: () => Promise<() => void>
}

export const gate = (places: number): Gate => {
  let free = places
  const waiting: Array<() => void> = []
  const leave = (): void => {
    const next = waiting.shift()
    if (next === undefined) free += 1
    else next()
  }
  return {
    enter: async () => {
      if (free > 0) free -= 1
      else await new Promise<void>((resolve) => waiting.push(resolve))
      return leave
    },
  }
}
