import { join } from 'node:path'
import type { Command } from 'commander'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { ErasedDocument, Erasure } from '../../core/operator/erasure'
import { count } from '../../core/text'
import { overwriteUnused } from '../../shell/transfer/move-to-file'
import { overwriteIn } from '../archive/archive-file'
import {
  deliberate,
  type DeliberateOptions,
  type DeliberateWords,
  reasonIn,
  typed,
} from '../deliberate'
import { type CliFailure, type ExitCode, usage } from '../failure'
import { answer } from '../output/report'
import { safe } from '../output/text'
import type { Context, Register, Work } from '../runtime'
import { explain, explained, type Session, withSession } from '../session'

export interface EraseOptions extends DeliberateOptions {
  readonly document?: ReadonlyArray<string>
}

/** `balances/A1`: the document `A1` of the projection `balances`. */
const documentIn = (text: string): E.Either<CliFailure, ErasedDocument> => {
  const slash = text.indexOf('/')
  return slash < 1
    ? E.left(usage(`--document must be <projection>/<key>; got ${text}.`))
    : E.right({ collection: text.slice(0, slash), key: text.slice(slash + 1) })
}

const documentsIn = (
  texts: ReadonlyArray<string>,
): E.Either<CliFailure, ReadonlyArray<ErasedDocument>> => {
  const documents: ErasedDocument[] = []
  for (const text of texts) {
    const document = documentIn(text)
    if (E.isLeft(document)) return document
    documents.push(document.right)
  }
  return E.right(documents)
}

const WORDS: DeliberateWords = {
  question: 'This cannot be undone. Type the id of the stream to erase it: ',
  done: 'erased',
}

/** How many events would be erased. 0: none, or it was erased before. The operator tells the two apart, and changes nothing. */
const eventsLeft = (session: Session, stream: string): TE.TaskEither<CliFailure, number> =>
  pipe(
    session.store.version(stream),
    TE.orElse((error) =>
      error._tag === 'StreamErased' ? TE.right(0) : TE.left(explain(session)(error)),
    ),
  )

/** Overwrites what archive files still have of erased streams, if it is known where they are. */
const overwritten = (session: Session, { archives }: Context): TE.TaskEither<CliFailure, number> =>
  archives === undefined
    ? TE.right(0)
    : pipe(
        overwriteUnused<CliFailure>((file, start, length) =>
          overwriteIn(join(archives, file), start, length),
        )(session),
        TE.mapLeft((error) => ('exitCode' in error ? error : explain(session)(error))),
      )

/** Whether the bytes of an erased stream are to be overwritten still. */
const stillThere = (session: Session, { place }: Erasure): TE.TaskEither<CliFailure, boolean> =>
  place === undefined
    ? TE.right(false)
    : pipe(
        explained(session)(session.operator.unusedRanges()),
        TE.map((ranges) =>
          ranges.some(({ file, start }) => file === place.file && start === place.start),
        ),
      )

const bytesLeft = ({ place }: Erasure): string =>
  place === undefined
    ? ''
    : `Its bytes are still in the archive file ${safe(place.file)}: ${place.length} from ${place.start} on. Run the command again with --archives <folder> to overwrite them.\n`

/** Erases a stream for ever. Says first what that means; does it with `--yes` and once its id was typed. */
export const erase = (stream: string, options: EraseOptions): Work => {
  const { document = [], yes = false } = options
  const documents = documentsIn(document)
  if (E.isLeft(documents)) return () => TE.left(documents.left)
  const reason = reasonIn(options)
  if (E.isLeft(reason)) return () => TE.left(reason.left)
  const why = reason.right
  return withSession('existing', (session, context) =>
    pipe(
      TE.Do,
      TE.bind('events', () => eventsLeft(session, stream)),
      TE.chainFirst(({ events }) =>
        yes || events === 0
          ? TE.right(undefined)
          : TE.left(
              usage(
                `${safe(stream)} would be erased for ever: its ${count(events, 'event')} with tags, snapshots, marks of commands and what subscriptions hold of it, and ${count(documents.right.length, 'document')}. What was made from it elsewhere stays. To do it, add --yes`,
              ),
            ),
      ),
      TE.chainFirst(
        ({ events }) =>
          () =>
            events === 0
              ? Promise.resolve(E.right(undefined))
              : typed(context, stream, options, WORDS),
      ),
      TE.flatMap(() =>
        explained(session)(
          session.operator.erase({
            ...{ streamId: stream, by: context.by, why },
            documents: documents.right,
          }),
        ),
      ),
      TE.chainFirst(() => overwritten(session, context)),
      TE.bindTo('erasure'),
      TE.bind('left', ({ erasure }) => stillThere(session, erasure)),
      TE.flatMap(({ erasure, left }) =>
        pipe(
          answer(
            context,
            () => ({ erased: { ...erasure, ...(left ? { toOverwrite: erasure.place } : {}) } }),
            () =>
              `${safe(stream)} is erased: ${count(erasure.events, 'event')}, by ${safe(erasure.by)}. Whoever appends to it, or reads it, is answered StreamErased.\n${left ? bytesLeft(erasure) : ''}`,
          ),
          TE.map((): ExitCode => (left ? 1 : 0)),
        ),
      ),
    ),
  )
}

const collected = (value: string, before: ReadonlyArray<string> = []): ReadonlyArray<string> => [
  ...before,
  value,
]

export const registerErase: Register = (program, perform) =>
  deliberate(
    program
      .command('erase')
      .description('erase a stream for ever: events, snapshots, marks, what is held of it')
      .argument('<stream>', 'its id')
      .option('--document <projection/key>', 'a document that is erased with it', collected),
    'stream',
  ).action((stream: string, options: EraseOptions, command: Command) =>
    perform(command, erase(stream, options)),
  )
