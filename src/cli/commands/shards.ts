import type { Command } from 'commander'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { Placement } from '../../adapters/sharded/placement'
import { cancelSplit, SETTLING, splitShard } from '../../adapters/sharded/split'
import type { SplitStep } from '../../adapters/sharded/split-step'
import { count } from '../../core/text'
import { type CliFailure, failure, usage } from '../failure'
import { wholeNumber } from '../numbers'
import { answer } from '../output/report'
import type { Context, Register, Work } from '../runtime'
import { collected, SHARD, withServers } from '../servers'
import { exportsIn, has } from '../user-module'

interface ShardsOptions {
  readonly shard?: ReadonlyArray<string>
  readonly module?: string
  readonly byId?: boolean
  readonly yes?: boolean
}

interface SplitOptions extends ShardsOptions {
  readonly standby?: string
  readonly patience: string
  readonly dropAfter: string
}

const isPlacement = (value: unknown): value is Placement =>
  typeof value === 'object' &&
  value !== null &&
  ['stream', 'tag', 'process'].some((key) => has(value, key)) &&
  Object.values(value).every((part) => typeof part === 'function')

/** The placement that a module exports; without a module each stream is for itself. */
const placementIn = (
  context: Context,
  path: string | undefined,
): TE.TaskEither<CliFailure, Placement> =>
  path === undefined
    ? TE.right({})
    : pipe(
        exportsIn(context, path),
        TE.flatMapEither((exports) =>
          E.fromNullable(failure('NotLoaded', `${path} exports no placement.`))(
            exports.find(isPlacement),
          ),
        ),
      )

const textOf = (step: SplitStep): string => {
  switch (step.step) {
    case 'move':
      return `${count(step.slots, 'slot')} begin to move: appends to their streams wait`
    case 'promote':
      return 'the standby has every event of them: it is promoted'
    case 'adopt':
      return 'it becomes a shard of its own'
    case 'place':
      return 'the map with one shard more comes into force: appends go on'
    case 'drop':
      return `shard ${step.shard}: ${count(step.dropped, 'stream')} deleted that the other one has`
    case 'cancel':
      return 'no slot is moved any more: appends go on'
  }
}

const showing =
  ({ output, json }: Context) =>
  (step: SplitStep): Promise<void> =>
    output.write(json ? `${JSON.stringify(step)}\n` : `${textOf(step)}\n`)

const GIVE_ALL =
  'Give every shard in its order: --shard postgres://... --shard postgres://..., and the last one as --standby'

const split = (text: string, options: SplitOptions): Work => {
  const { shard: urls = [], standby, module, byId = false, yes = false } = options
  const { patience, dropAfter } = options
  const number = wholeNumber('<shard>', text, 0)
  const waiting = wholeNumber('--patience', patience, 1)
  const settling = wholeNumber('--drop-after', dropAfter, 0)
  for (const wrong of [number, waiting, settling]) {
    if (E.isLeft(wrong)) return () => TE.left(wrong.left)
  }
  if (urls.length === 0 || standby === undefined) return () => TE.left(usage(`${GIVE_ALL}.`))
  if ((module === undefined) !== byId) {
    return () =>
      TE.left(
        usage(
          'Say how the programs place their streams: --module <file>, which exports their placement, or --by-id if they have none.',
        ),
      )
  }
  if (!yes) {
    return () =>
      TE.left(
        usage(
          `Half of the slots of shard ${text} would move to the standby, which becomes shard ${urls.length}. Appends to their streams wait meanwhile. Every program must have been given both, in this order. To do it, add --yes`,
        ),
      )
  }
  const valueOf = (read: typeof number): number => (E.isRight(read) ? (read.right ?? 0) : 0)
  return withServers([...urls, standby], (servers, context, explained) =>
    pipe(
      placementIn(context, module),
      TE.flatMap((placement) => {
        const parts = servers.map(({ splitting }) => splitting)
        const next = parts.at(-1)
        return next === undefined
          ? TE.left(usage(`${GIVE_ALL}.`))
          : TE.mapLeft(explained)(
              splitShard({
                shards: parts.slice(0, -1),
                standby: next,
                shard: valueOf(number),
                placement,
                patience: valueOf(waiting) * 1_000,
                settling: valueOf(settling) * 1_000,
                onStep: showing(context),
              }),
            )
      }),
      TE.flatMap((done) =>
        answer(
          context,
          () => ({ split: done }),
          () =>
            `Shard ${done.shard} has ${count(done.slots, 'slot')}; ${count(done.dropped, 'stream')} deleted. Rebuild projections on both: npx reprise rebuild\n`,
        ),
      ),
    ),
  )
}

const cancel = ({ shard: urls = [], yes = false }: ShardsOptions): Work => {
  if (urls.length === 0) return () => TE.left(usage(`${GIVE_ALL}.`))
  if (!yes) {
    return () =>
      TE.left(
        usage(
          'The split that is under way would be cancelled: a standby that was promoted for it is of no more use. To do it, add --yes',
        ),
      )
  }
  return withServers(urls, (servers, context, explained) =>
    pipe(
      cancelSplit({
        shards: servers.map(({ splitting }) => splitting),
        onStep: showing(context),
      }),
      TE.mapLeft(explained),
      TE.flatMap(() =>
        answer(
          context,
          () => ({ cancelled: true }),
          () => 'Every shard is as it was before the split.\n',
        ),
      ),
    ),
  )
}

export const registerShards: Register = (program, perform) => {
  const shards = program.command('shards').description('split a shard of several')
  shards
    .command('split')
    .description('a standby of a shard becomes the next shard, with half of its slots')
    .argument('<shard>', 'the number of the shard, from 0')
    .option('--shard <url>', SHARD, collected)
    .option('--standby <url>', 'a standby of that shard')
    .option('--module <file>', 'a module that exports the placement of the programs')
    .option('--by-id', 'the programs have no placement: each stream is for itself')
    .option('--patience <seconds>', 'how long the standby may take to catch up', '60')
    .option(
      '--drop-after <seconds>',
      'when both sides delete what the other has',
      String(SETTLING / 1_000),
    )
    .option('--yes', 'do it')
    .action((shard: string, options: SplitOptions, command: Command) =>
      perform(command, split(shard, options)),
    )
  return shards
    .command('cancel')
    .description('cancel a split that is under way')
    .option('--shard <url>', SHARD, collected)
    .option('--yes', 'do it')
    .action((options: ShardsOptions, command: Command) => perform(command, cancel(options)))
}
