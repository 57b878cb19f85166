import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { JsonObject } from '../core/json'
import type { PartitionStatus } from '../core/operator/status'
import type { FoundSubscription, RunningOwners } from '../core/ports/operator'
import { argument, briefly } from '../core/text'
import { audited } from './auditing'
import { type CliFailure, failure, usage } from './failure'
import { answer } from './output/report'
import type { Work } from './runtime'
import { explained, type Session, withSession } from './session'

/** The description of an option that fences owners off. */
export const FORCE = 'even while it is running: its owner loses the batch it is handling'

/** The options of an action that must be confirmed. */
export interface ForceOptions {
  readonly yes?: boolean
  readonly force?: boolean
}

/** What to do about running owners, from the options. */
export const ownersOf = (force = false): RunningOwners => (force ? 'fenceOff' : 'refuse')

/** The subscription of an action. */
export interface Subject extends FoundSubscription {
  readonly partitions: ReadonlyArray<PartitionStatus>
}

/** What an action does to a given subscription. */
export interface Action {
  /** `mails would be removed.` */
  readonly wouldBe: string
  readonly meaning: ReadonlyArray<string>
  /** What the audit keeps of it, beside the subscription's name. */
  readonly detail: JsonObject
  readonly run: TE.TaskEither<CliFailure, { readonly json: object; readonly done: string }>
}

/** The texts for a running owner, and for a subscription that keeps a projection. */
export interface ActionTexts {
  readonly flag: '--take-over' | '--force'
  readonly loss: string
  /** `undefined`: the action decides about projections itself. */
  readonly projection: string | undefined
}

const obstacleOf = (
  { subscription, projection, partitions }: Subject,
  owners: RunningOwners,
  { flag, loss, projection: reason }: ActionTexts,
): CliFailure | undefined => {
  if (projection !== undefined && reason !== undefined) {
    return failure(
      'SubscriptionKeepsProjection',
      `${subscription} keeps the documents of the projection ${projection}: ${reason} npx reprise rebuild ${argument(projection)} --module <file>`,
    )
  }
  const owned = partitions.find(({ owner }) => owner !== undefined)
  if (owned === undefined || owners === 'fenceOff') return undefined
  const age =
    owned.heartbeatAge === undefined
      ? ''
      : `, last heartbeat ${briefly(owned.heartbeatAge / 1000)} ago`
  return failure(
    'SubscriptionRunning',
    `${subscription} is running (owner ${owned.owner ?? ''}${age}). Stop it first, or add ${flag}: the batch that its owner is handling is then not saved${loss}.`,
  )
}

/** The arguments and options of an action. */
export interface Confirming {
  /** What the audit calls it. */
  readonly action: string
  readonly name: string
  readonly yes: boolean
  readonly owners: RunningOwners
  readonly texts: ActionTexts
}

/** Prints what an action would do; does it only with `--yes`, and only if it is allowed. */
export const confirmed = (
  { action, name, yes, owners, texts }: Confirming,
  plan: (session: Session, subject: Subject) => TE.TaskEither<CliFailure, Action>,
): Work =>
  withSession('existing', (session, context) =>
    pipe(
      TE.Do,
      TE.bind('found', () => session.operator.find(name)),
      TE.bindW('partitions', ({ found }) => session.operator.status(found.subscription)),
      explained(session),
      TE.map(({ found, partitions }): Subject => ({ ...found, partitions })),
      TE.flatMap((subject) => {
        const obstacle = obstacleOf(subject, owners, texts)
        if (obstacle !== undefined) return TE.left(obstacle)
        return pipe(
          plan(session, subject),
          TE.map((planned) => ({ ...planned, subject: subject.subscription })),
        )
      }),
      TE.flatMap(({ wouldBe, meaning, subject, detail, run }) => {
        const consequences = meaning.filter((line) => line !== '').map((line) => ` ${line}`)
        if (!yes) {
          return TE.left(usage(`${wouldBe}${consequences.join('')} To do it, add --yes`))
        }
        const forced = owners === 'fenceOff' ? { ...detail, forced: true } : detail
        return pipe(
          audited(session, context)({ action, subject, detail: forced }, run, ({ done }) => done),
          TE.flatMap(({ json, done }) =>
            answer(
              context,
              () => json,
              () => `${done}${consequences.join('')}\n`,
            ),
          ),
        )
      }),
    ),
  )

/** What happens to events when the checkpoint moves to `position`. */
export const movedMeaning = ({ partitions }: Subject, position: number): ReadonlyArray<string> => {
  const from = Math.min(...partitions.map((one) => one.position))
  const until = Math.max(...partitions.map((one) => one.position))
  return [
    position < until ? `Events after ${position} are handled AGAIN, up to ${until}.` : '',
    position > from ? `Events after ${from} up to ${position} are NEVER handled.` : '',
  ]
}
