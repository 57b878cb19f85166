import type { Runtime } from './runtime'

/** Runs `work` with a signal that is aborted when the user interrupts the program. */
export const untilInterrupted = async <A>(
  { onInterrupt }: Pick<Runtime, 'onInterrupt'>,
  work: (signal: AbortSignal) => Promise<A>,
): Promise<A> => {
  const controller = new AbortController()
  const unlisten = onInterrupt(() => controller.abort())
  try {
    return await work(controller.signal)
  } finally {
    unlisten()
  }
}
