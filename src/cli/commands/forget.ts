import type { Command } from 'commander'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import {
  deliberate,
  type DeliberateOptions,
  type DeliberateWords,
  reasonIn,
  typed,
  userName,
} from '../deliberate'
import { usage } from '../failure'
import { answer } from '../output/report'
import { safe } from '../output/text'
import type { Register, Work } from '../runtime'
import { explained, withSession } from '../session'

const WORDS: DeliberateWords = { verb: 'forget', done: 'forgotten', what: 'the subject' }

/** Forgets a person for ever. Says first what that means; does it with `--yes` and once the id was typed. */
export const forget = (subject: string, options: DeliberateOptions): Work => {
  const { by = userName(), yes = false } = options
  const reason = reasonIn(options)
  if (E.isLeft(reason)) return () => TE.left(reason.left)
  const why = reason.right
  if (!yes) {
    return () =>
      TE.left(
        usage(
          `The key of ${safe(subject)} would be destroyed for ever: what is personal reads as its placeholder then, in events, snapshots, documents and the outbox, and nothing new about it is stored. Events, ids and times stay. To do it, add --yes`,
        ),
      )
  }
  return withSession('existing', (session, context) =>
    pipe(
      () => typed(context, subject, options, WORDS),
      TE.flatMap(() => explained(session)(session.operator.forgetSubject({ subject, by, why }))),
      TE.flatMap((forgotten) =>
        answer(
          context,
          () => ({ forgotten }),
          () =>
            `${safe(subject)} is forgotten, by ${safe(forgotten.by)}. Whoever reads personal data of it is given the placeholder; other processes, which may have it in memory, within their cacheFor (60 seconds by default).\n`,
        ),
      ),
    ),
  )
}

export const registerForget: Register = (program, perform) =>
  deliberate(
    program
      .command('forget')
      .description('forget a person for ever: destroy the key of its personal data')
      .argument('<subject>', 'the id that the personal fields name'),
    'subject',
  ).action((subject: string, options: DeliberateOptions, command: Command) =>
    perform(command, forget(subject, options)),
  )
