import type { Command } from 'commander'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { Operator } from '../../core/ports/operator'
import { argument } from '../../core/text'
import { audited } from '../auditing'
import { answer } from '../output/report'
import { safe } from '../output/text'
import type { Register, Work } from '../runtime'
import { explained, withSession } from '../session'

const ends: Readonly<Record<'pause' | 'unpause', (name: string) => string>> = {
  pause: (name) =>
    `${safe(name)} is paused: its owner ends after its current batch, and no program starts it. To resume it: npx reprise unpause ${safe(argument(name))}\n`,
  unpause: (name) => `${safe(name)} is resumed: a running program claims it within seconds.\n`,
}

const pausing = (action: keyof typeof ends & keyof Operator, given: string): Work =>
  withSession('existing', (session, context) =>
    pipe(
      TE.Do,
      TE.bind('found', () => session.operator.find(given)),
      explained(session),
      TE.chainFirst(({ found: { subscription } }) =>
        audited(session, context)(
          { action, subject: subscription, detail: {} },
          explained(session)(session.operator[action](subscription)),
          () => ends[action](subscription).trimEnd(),
        ),
      ),
      TE.flatMap(({ found: { subscription } }) =>
        answer(
          context,
          () => ({ subscription, paused: action === 'pause' }),
          () => ends[action](subscription),
        ),
      ),
    ),
  )

const register =
  (action: keyof typeof ends, description: string): Register =>
  (program, perform) =>
    program
      .command(action)
      .description(description)
      .argument('<subscription>', 'its name, or that of the process manager or projection')
      .action((name: string, _options: object, command: Command) =>
        perform(command, pausing(action, name)),
      )

export const registerPause = register('pause', 'pause a subscription in all programs')

export const registerUnpause = register('unpause', 'resume a paused subscription')
