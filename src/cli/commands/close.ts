import type { Command } from 'commander'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { count } from '../../core/text'
import {
  deliberate,
  type DeliberateOptions,
  type DeliberateWords,
  reasonIn,
  typed,
  userName,
} from '../deliberate'
import { usage } from '../failure'
import { wholeNumber } from '../numbers'
import { answer } from '../output/report'
import { safe } from '../output/text'
import type { Register, Work } from '../runtime'
import { explained, withSession } from '../session'

export interface CloseOptions extends DeliberateOptions {
  readonly at?: string
}

const WORDS: DeliberateWords = { verb: 'close', done: 'closed', what: 'the stream' }

/** Closes a stream for ever. Says first what that means; does it with `--yes` and once its id was typed. */
export const close = (stream: string, options: CloseOptions): Work => {
  const { by = userName(), yes = false } = options
  const at = wholeNumber('--at', options.at, 1)
  if (E.isLeft(at)) return () => TE.left(at.left)
  const reason = reasonIn(options)
  if (E.isLeft(reason)) return () => TE.left(reason.left)
  const why = reason.right
  return withSession('existing', (session, context) =>
    pipe(
      TE.Do,
      TE.bind('version', () => explained(session)(session.store.version(stream))),
      TE.chainFirst(({ version }) =>
        yes || version === 0
          ? TE.right(undefined)
          : TE.left(
              usage(
                `${safe(stream)} would take no events any more: its ${count(version, 'event')} stay, and can be read. To do it, add --yes`,
              ),
            ),
      ),
      TE.chainFirst(
        ({ version }) =>
          () =>
            version === 0
              ? Promise.resolve(E.right(undefined))
              : typed(context, stream, options, WORDS),
      ),
      TE.flatMap(() =>
        explained(session)(
          session.operator.closeStream({
            ...{ streamId: stream, by, why },
            ...(at.right === undefined ? {} : { at: at.right }),
          }),
        ),
      ),
      TE.flatMap((closure) =>
        answer(
          context,
          () => ({ closed: closure }),
          () =>
            `${safe(stream)} is closed at version ${closure.version}, by ${safe(closure.by)}. Whoever appends to it is answered StreamClosed.\n`,
        ),
      ),
    ),
  )
}

export const registerClose: Register = (program, perform) =>
  deliberate(
    program
      .command('close')
      .description('close a stream: it takes no events any more, and can be read')
      .argument('<stream>', 'its id')
      .option('--at <version>', 'only if it is at this version'),
    'stream',
  ).action((stream: string, options: CloseOptions, command: Command) =>
    perform(command, close(stream, options)),
  )
