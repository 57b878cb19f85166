import assert from 'node:assert/strict'

const PATIENCE = 5_000
const BREATH = 5

/** A moment for others. */
export const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, BREATH))

/** Looks until there is something, and gives that back. The test fails when it takes too long. */
export const eventually = async <Value>(
  what: string,
  look: () => Promise<Value | undefined>,
): Promise<Value> => {
  const deadline = Date.now() + PATIENCE
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    assert.ok(Date.now() < deadline, `${what} does not come within ${PATIENCE} ms`)
    await pause()
  }
}
