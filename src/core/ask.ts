/**
 * What a process wants done: send a command now, send one later (a timer), or cancel a timer. Setting a
 * timer again under the same name replaces the earlier one.
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

/** Does nothing if there is no such timer, or if it has fired already. */
export const cancelTimer = (timer: string): Ask<never> => ({ _tag: 'Cancel', timer })
