import type { Command } from 'commander'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { sharded } from '../../adapters/sharded/backend'
import type { Operator } from '../../core/ports/operator'
import {
  deliberate,
  type DeliberateOptions,
  type DeliberateWords,
  reasonIn,
  typed,
} from '../deliberate'
import { type CliFailure, usage } from '../failure'
import { answer } from '../output/report'
import { safe } from '../output/text'
import type { Context, Register, Work } from '../runtime'
import { collected, SHARD, withServers } from '../servers'
import { explain, explained, withSession } from '../session'

const WORDS: DeliberateWords = {
  question: 'This cannot be undone. Type the id of the subject to forget it: ',
  done: 'forgotten',
}

interface ForgetOptions extends DeliberateOptions {
  readonly shard?: ReadonlyArray<string>
}

const PART =
  'a subject is forgotten on all shards, or it gets another key on the next one. Give every shard in its order: --shard postgres://... --shard postgres://...'

/** Who is to be forgotten, and how that is asked for. */
interface Wanted {
  readonly subject: string
  readonly why: string
  readonly options: ForgetOptions
}

const confirmed = (
  context: Context,
  { subject, why, options }: Wanted,
  forgetSubject: Operator['forgetSubject'],
  explained: (error: Parameters<ReturnType<typeof explain>>[0]) => CliFailure,
): ReturnType<Work> =>
  pipe(
    () => typed(context, subject, options, WORDS),
    TE.flatMap(() => pipe(forgetSubject({ subject, by: context.by, why }), TE.mapLeft(explained))),
    TE.flatMap((forgotten) =>
      answer(
        context,
        () => ({ forgotten }),
        () =>
          `${safe(subject)} is forgotten, by ${safe(forgotten.by)}. Whoever reads personal data of it is given the placeholder; other processes, which may have it in memory, within their cacheFor (60 seconds by default).\n`,
      ),
    ),
  )

/** On a store that is no shard. */
const onOne = (wanted: Wanted): Work =>
  withSession('existing', (session, context) =>
    pipe(
      explained(session)(session.asShard.readMap),
      TE.flatMap((map) =>
        map === undefined
          ? confirmed(context, wanted, session.operator.forgetSubject, explain(session))
          : TE.left(usage(`${session.place} is shard ${map.shard} of ${map.shards}: ${PART}`)),
      ),
    ),
  )

/** On all of these shards. */
const onShards = (urls: ReadonlyArray<string>, wanted: Wanted): Work =>
  withServers(urls, (servers, context, explained) => async () => {
    const [first, ...others] = servers
    for (const { asShard } of servers) {
      const map = await asShard.readMap()
      if (E.isLeft(map)) return E.left(explained(map.left))
      if (map.right?.shards !== servers.length) {
        return E.left(usage(`These are not all shards of one backend: ${PART}`))
      }
    }
    if (first === undefined) return E.left(usage(PART))
    const { operator } = sharded([first, ...others])
    return confirmed(context, wanted, operator.forgetSubject, explained)()
  })

/** Forgets a person for ever. Says first what that means; does it with `--yes` and once the id was typed. */
export const forget = (subject: string, options: ForgetOptions): Work => {
  const { yes = false, shard: urls = [] } = options
  const reason = reasonIn(options)
  if (E.isLeft(reason)) return () => TE.left(reason.left)
  if (!yes) {
    return () =>
      TE.left(
        usage(
          `The key of ${safe(subject)} would be destroyed for ever: what is personal reads as its placeholder then, in events, snapshots, documents and the outbox, and nothing new about it is stored. Events, ids and times stay. To do it, add --yes`,
        ),
      )
  }
  const wanted = { subject, why: reason.right, options }
  return urls.length === 0 ? onOne(wanted) : onShards(urls, wanted)
}

export const registerForget: Register = (program, perform) =>
  deliberate(
    program
      .command('forget')
      .description('forget a person for ever: destroy the key of its personal data')
      .argument('<subject>', 'the id that the personal fields name')
      .option('--shard <url>', SHARD, collected),
    'subject',
  ).action((subject: string, options: ForgetOptions, command: Command) =>
    perform(command, forget(subject, options)),
  )
