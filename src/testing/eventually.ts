import assert from 'node:assert/strict'

const PATIENCE = 5_000
const BREATH = 5

/** Waits a moment, so that other work can proceed. */
export const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, BREATH))

/** Calls `look` until it returns a value, and returns that value. Fails the test after a timeout. */
export const eventually = async <Value>(
  what: string,
  look: () => Promise<Value | undefined>,
): Promise<Value> => {
  const deadline = Date.now() + PATIENCE
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    assert.ok(Date.now() < deadline, `timed out after ${PATIENCE} ms waiting for ${what}`)
    await pause()
  }
}
