import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { holderText } from '../core/operator/horizon'
import type { HeldEvent, PartitionStatus, PendingOutboxCommand } from '../core/operator/status'
import { processOf } from '../core/process-manager'
import type { Problem } from '../http/problem'
import type {
  AuditAnswer,
  CommandRow,
  HeldAnswer,
  HeldRow,
  OutboxAnswer,
  PartitionRow,
  ProjectionRow,
  ProjectionsAnswer,
  SubscriptionsAnswer,
} from './answers'
import { type Environment, problemOfError } from './environment'
import { limitIn, numberIn, positionIn, requiredIn, revealsIn } from './parameters'
import { shownValue } from './shown-events'
import type { Route } from './stream-routes'
import type { FailureNote } from '../core/errors/subscription'

/** The keys that are not `undefined`. */
const present = (key: string, value: unknown): object =>
  value === undefined ? {} : { [key]: value }

/** A failure without its stack: that is for logs. */
const noteOf = <Note extends FailureNote>({ stack: _stack, ...note }: Note): Omit<Note, 'stack'> =>
  note

const readsOf = ({ categories, types, tags }: PartitionStatus): string =>
  [
    categories === undefined ? undefined : `categories ${categories.join(', ')}`,
    types === undefined ? undefined : `types ${types.join(', ')}`,
    tags === undefined ? undefined : `tags ${tags.join(', ')}`,
  ]
    .filter((part) => part !== undefined)
    .join('; ') || 'everything'

const partitionRow = (status: PartitionStatus): PartitionRow => ({
  subscription: status.subscription,
  partition: status.partition,
  partitions: status.partitions,
  state: status.state,
  position: status.position,
  lag: status.lag,
  parked: status.parked,
  waiting: status.waiting,
  parkedCommands: status.parkedCommands,
  reads: readsOf(status),
  ...present('owner', status.owner),
  ...present('heartbeatAge', status.heartbeatAge),
  ...present('failure', status.failure && noteOf(status.failure)),
  ...present('lastTrouble', status.lastTrouble && noteOf(status.lastTrouble)),
  ...present('process', processOf(status.subscription)),
  ...present('projection', status.build?.projection),
})

/** All subscriptions, and how far they can read. */
export const subscriptions: Route = (environment): TE.TaskEither<Problem, SubscriptionsAnswer> =>
  pipe(
    TE.Do,
    TE.bind('partitions', () => environment.backend.operator.status()),
    TE.bind('horizon', () => environment.backend.operator.horizon()),
    TE.mapLeft(problemOfError(environment)),
    TE.map(({ partitions, horizon: { horizon, last, holders } }) => ({
      partitions: partitions.map(partitionRow),
      horizon,
      last,
      holders: holders
        .filter(({ advice }) => advice !== undefined)
        .map((holder) => `${holderText(holder)}. ${holder.advice ?? ''}`),
    })),
  )

const heldRow = (event: HeldEvent): HeldRow => ({
  streamId: event.streamId,
  version: event.version,
  position: event.position,
  type: event.type,
  parked: event.parked,
  attempts: event.attempts,
  failure: noteOf(event.failure),
  triedAt: event.triedAt,
  behind: event.behind,
  ...present('decision', event.decision),
  ...present('retryAt', event.retryAt),
})

/** A page of the events that a subscription could not handle. */
export const held: Route = (environment, parameters): TE.TaskEither<Problem, HeldAnswer> =>
  pipe(
    TE.Do,
    TE.bind('name', () => TE.fromEither(requiredIn(parameters, 'subscription'))),
    TE.bind('after', () => TE.fromEither(positionIn(parameters, 'after'))),
    TE.bind('limit', () => TE.fromEither(limitIn(parameters))),
    TE.flatMap(({ name, after, limit }) =>
      pipe(
        environment.backend.operator.heldEvents(name, { after, limit }),
        TE.mapLeft(problemOfError(environment)),
      ),
    ),
    TE.map(({ events, more }) => ({ events: events.map(heldRow), more })),
  )

const commandRow =
  (mask: Environment['mask']) =>
  (command: PendingOutboxCommand): CommandRow => ({
    process: command.process,
    key: command.key,
    id: command.id,
    sequence: command.sequence,
    command: shownValue(mask, command.command),
    dueAt: command.dueAt,
    attempts: command.attempts,
    parked: command.parked,
    ...present('timer', command.timer),
    ...present('failure', command.failure && noteOf(command.failure)),
  })

/** A page of the commands of a process manager that are not answered yet, timers among them. */
export const outbox: Route = (environment, parameters): TE.TaskEither<Problem, OutboxAnswer> =>
  pipe(
    TE.Do,
    TE.bind('process', () => TE.fromEither(requiredIn(parameters, 'process'))),
    TE.bind('after', () =>
      TE.fromEither(
        numberIn(parameters, 'after', { standard: 0, least: 0, most: Number.MAX_SAFE_INTEGER }),
      ),
    ),
    TE.bind('limit', () => TE.fromEither(limitIn(parameters))),
    TE.flatMap(({ process, after, limit }) =>
      pipe(
        environment.backend.operator.outbox(process, { which: 'all', after, limit }),
        TE.mapLeft(problemOfError(environment)),
      ),
    ),
    TE.map(({ commands, more }) => ({
      commands: commands.map(commandRow(revealsIn(parameters) ? undefined : environment.mask)),
      more,
      now: environment.now(),
    })),
  )

/** Every projection that has a subscription, with all its builds. */
export const projections: Route =
  (environment): TE.TaskEither<Problem, ProjectionsAnswer> =>
  async () => {
    const { operator } = environment.backend
    const fail = problemOfError(environment)
    const status = await operator.status()()
    if (E.isLeft(status)) return E.left(fail(status.left))
    const horizon = await operator.horizon()()
    if (E.isLeft(horizon)) return E.left(fail(horizon.left))
    const names = new Set(status.right.flatMap(({ build }) => build?.projection ?? []))
    const rows: ProjectionRow[] = []
    for (const projection of [...names].sort()) {
      const builds = await operator.builds(projection)()
      if (E.isLeft(builds)) return E.left(fail(builds.left))
      rows.push({ projection, builds: builds.right })
    }
    const { horizon: safe } = horizon.right
    return E.right({ projections: rows, horizon: safe, rebuilds: environment.rebuilds.list() })
  }

/** What operators have done, newest first. */
export const audit: Route = (environment, parameters): TE.TaskEither<Problem, AuditAnswer> =>
  pipe(
    TE.Do,
    TE.bind('limit', () => TE.fromEither(limitIn(parameters))),
    TE.bind('before', () =>
      TE.fromEither(
        numberIn(parameters, 'before', {
          standard: Number.MAX_SAFE_INTEGER,
          least: 1,
          most: Number.MAX_SAFE_INTEGER,
        }),
      ),
    ),
    TE.flatMap(({ before, limit }) =>
      pipe(
        environment.backend.operator.audit({ before, limit }),
        TE.mapLeft(problemOfError(environment)),
      ),
    ),
    TE.map(({ entries, more }) => {
      const next = more ? entries.at(-1)?.sequence : undefined
      return {
        entries: entries.map(({ message, ...entry }) => ({
          ...entry,
          ...present('message', message),
        })),
        ...present('next', next),
      }
    }),
  )
