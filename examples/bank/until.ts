const PATIENCE = 60_000
const PAUSE = 10

/** Asks again and again until there is an answer. The example ends if there is none within a minute. */
export const until = async <Answer>(ask: () => Promise<Answer | undefined>): Promise<Answer> => {
  const end = performance.now() + PATIENCE
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (performance.now() > end) throw new Error('what was waited for has not happened')
    await new Promise((resume) => setTimeout(resume, PAUSE))
  }
}
