const PATIENCE = 60_000
const PAUSE = 10

/** Polls until there is a result. The example ends if there is none within a minute. */
export const until = async <Answer>(query: () => Promise<Answer | undefined>): Promise<Answer> => {
  const end = performance.now() + PATIENCE
  for (;;) {
    const answer = await query()
    if (answer !== undefined) return answer
    if (performance.now() > end) throw new Error('timed out: the expected result did not arrive')
    await new Promise((resume) => setTimeout(resume, PAUSE))
  }
}
