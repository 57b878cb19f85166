import { manyBy } from 'reprise/algebra'

/** Every event changes the state of one key, whatever key it carries. */
export const keysOfEventsIgnored: typeof manyBy = (keyIn) =>
  manyBy({ command: keyIn.command, event: () => 'one' })
