/** Runs one task after another, in the order in which they were added. */
export type Queue = <Result>(work: () => Promise<Result>) => Promise<Result>

export const queue = (): Queue => {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const result = last.then(work)
    last = result.catch(() => undefined)
    return result
  }
}
