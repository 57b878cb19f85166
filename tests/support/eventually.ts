/** Waits until `check` answers something, and gives that back. Fails after `timeout` milliseconds. */
export const eventually = async <Value>(
  check: () => Promise<Value | undefined | false> | Value | undefined | false,
  timeout = 20_000,
): Promise<Value> => {
  const end = Date.now() + timeout
  for (;;) {
    const value = await check()
    if (value !== undefined && value !== false) return value
    if (Date.now() > end) throw new Error('what was waited for did not happen in time')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
