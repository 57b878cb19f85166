/**
 * What a process asks for: a command now, or a command later (a timer, which it may cancel). A timer that
 * is asked for again under the same name replaces the one before.
 */
export type Ask<Command> =
  | { readonly _tag: 'Send'; readonly command: Command }
  /** Milliseconds from now, by the store's clock. */
  | {
      readonly _tag: 'After'
      readonly timer: string
      readonly delay: number
      readonly command: Command
    }
  /** At a time, in milliseconds since 1970-01-01 UTC. */
  | {
      readonly _tag: 'At'
      readonly timer: string
      readonly time: number
      readonly command: Command
    }
  | { readonly _tag: 'Cancel'; readonly timer: string }

export const send = <Command>(command: Command): Ask<Command> => ({ _tag: 'Send', command })

export const sendAfter = <Command>(
  timer: string,
  delay: number,
  command: Command,
): Ask<Command> => ({
  _tag: 'After',
  timer,
  delay,
  command,
})

export const sendAt = <Command>(timer: string, time: number, command: Command): Ask<Command> => ({
  _tag: 'At',
  timer,
  time,
  command,
})

/** Nothing happens if the timer is not there, or has gone off already. */
export const cancelTimer = (timer: string): Ask<never> => ({ _tag: 'Cancel', timer })
