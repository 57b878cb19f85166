/** Asks again and again until there is an answer. */
export const until = async <Answer>(
  ask: () => Promise<Answer | undefined>,
  patience = 10_000,
): Promise<Answer> => {
  const end = Date.now() + patience
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > end) throw new Error(`no answer within ${patience} ms`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
