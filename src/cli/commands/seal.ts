import type { Command } from 'commander'
import * as E from 'fp-ts/Either'
import { sealStore } from '../../shell/transfer/seal-store'
import { progressPrinter } from '../output/progress'
import { answer } from '../output/report'
import { type Register, untilInterrupted, type Work } from '../runtime'
import { explain, withSession } from '../session'

/** Adds all events to the hash chains of their streams. */
const sealing: Work = withSession('existing', (session, context) => async () => {
  const progress = progressPrinter(context, { sealing: session.schema })
  const sealed = await untilInterrupted(context, (signal) =>
    sealStore({ onProgress: progress.show, signal })(session)(),
  )
  await progress.end()
  if (E.isLeft(sealed)) return E.left(explain(session)(sealed.left))
  return answer(
    context,
    () => ({ sealedTo: sealed.right }),
    () =>
      `Sealed up to position ${sealed.right}. \`reprise verify\` finds what is changed from now on.\n`,
  )()
})

export const registerSeal: Register = (program, perform) =>
  program
    .command('seal')
    .description('add all events to the hash chains of their streams, which verify checks')
    .action((_options: unknown, command: Command) => perform(command, sealing))
