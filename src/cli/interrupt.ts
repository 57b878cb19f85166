import type { Runtime } from './runtime'

/** Runs `work` with a signal that is aborted when the user asks the program to end. */
export const untilInterrupted = async <A>(
  { onInterrupt }: Pick<Runtime, 'onInterrupt'>,
  work: (signal: AbortSignal) => Promise<A>,
): Promise<A> => {
  const controller = new AbortController()
  const forget = onInterrupt(() => controller.abort())
  try {
    return await work(controller.signal)
  } finally {
    forget()
  }
}
