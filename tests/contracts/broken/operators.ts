import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { storeFailed } from '../../../src/core/errors/store'
import type { ActionOutcome } from '../../../src/core/operator/audit'
import { buildOf } from '../../../src/core/projection-build'
import { type BrokenOperator, operatorThat, statusThat } from './broken-operator'

const ALL = { after: 0, limit: 1_000 }

/** Operators that show something wrong. */
const blind: ReadonlyArray<BrokenOperator> = [
  {
    defect: 'shows the owner of a lease that has run out',
    open: (settings) => {
      const owners = new Map<string, string>()
      return statusThat((one) => {
        if (one.owner !== undefined) owners.set(one.subscription, one.owner)
        return { ...one, owner: owners.get(one.subscription) }
      })(settings)
    },
    noticedBy: ['status: shows no owner whose lease has expired, and its last heartbeat'],
  },
  {
    defect: 'says that an action whose outcome is not known was done',
    open: operatorThat(({ audit }) => ({
      audit: (range) =>
        pipe(
          audit(range),
          TE.map((page) => ({
            ...page,
            entries: page.entries.map((entry) => ({ ...entry, outcome: 'done' as const })),
          })),
        ),
    })),
    noticedBy: ['audit: records who does what, and later how it went'],
  },
  {
    defect: 'takes a later outcome for the first',
    open: operatorThat(({ audit, recordOutcome }) => {
      const last = new Map<number, ActionOutcome>()
      return {
        recordOutcome: (sequence, outcome) => {
          last.set(sequence, outcome)
          return recordOutcome(sequence, outcome)
        },
        audit: (range) =>
          pipe(
            audit(range),
            TE.map((page) => ({
              ...page,
              entries: page.entries.map((entry) => ({ ...entry, ...last.get(entry.sequence) })),
            })),
          ),
      }
    }),
    noticedBy: ['audit: keeps the first outcome, and none of an action that it does not know'],
  },
  {
    defect: 'lists what was done first at the top',
    open: operatorThat(({ audit }) => ({
      audit: (range) =>
        pipe(
          audit(range),
          TE.map((page) => ({ ...page, entries: page.entries.toReversed() })),
        ),
    })),
    noticedBy: [
      'audit: lists the newest first, page by page, and says exactly whether there is more',
    ],
  },
  {
    defect: 'records an action whoever has done it',
    open: operatorThat(({ recordAction }) => ({
      recordAction: (action) =>
        recordAction({ ...action, operator: action.operator.replace(/[^a-z]/g, '') || 'unknown' }),
    })),
    noticedBy: ['audit: records nothing of which it could not say who, what or about what'],
  },
  {
    defect: 'gives the end of a lease in seconds',
    open: statusThat((one) => ({
      ...one,
      leasedUntil: one.leasedUntil === undefined ? undefined : one.leasedUntil / 1000,
    })),
    noticedBy: ['status: shows who holds the lease, until when, and the last heartbeat'],
  },
  {
    defect: 'forgets how long an owner is busy, and its last trouble',
    open: statusThat((one) => ({ ...one, busySince: undefined, lastTrouble: undefined })),
    noticedBy: [
      'status: shows since when an owner is busy, until it reports that it is not',
      'status: shows the last trouble that an owner has reported, when it was, and no older one',
    ],
  },
  {
    defect: 'does not say where counting has ended',
    open: statusThat((one) => ({ ...one, lag: { ...one.lag, orMore: false } })),
    noticedBy: ['lag: counts up to its limit, and reports that there are more'],
  },
  {
    defect: 'counts the events of all partitions for each',
    open: operatorThat(({ status }) => ({
      status: (name) =>
        pipe(
          status(name),
          TE.map((partitions) => {
            const events = partitions.reduce((sum, { lag }) => sum + lag.events, 0)
            return partitions.map((one) => ({ ...one, lag: { ...one.lag, events } }))
          }),
        ),
    })),
    noticedBy: [
      'lag: counts for each partition the events of its own streams, after its own position',
    ],
  },
  {
    defect: 'counts what is tried again as parked',
    open: statusThat((one) => ({ ...one, parked: one.parked + one.waiting, waiting: 0 })),
    noticedBy: ['status: counts held events by what becomes of them, and parked commands'],
  },
  {
    defect: 'takes every build for the active one',
    open: statusThat((one) => ({ ...one, build: one.build && { ...one.build, isActive: true } })),
    noticedBy: ['names: names the projection of a build, and says whether readers see it'],
  },
  {
    defect: 'says that there is more whenever a page is full',
    open: operatorThat(({ heldEvents, outbox }) => ({
      heldEvents: (name, range) =>
        pipe(
          heldEvents(name, range),
          TE.map(({ events }) => ({ events, more: events.length === range.limit })),
        ),
      outbox: (name, range) =>
        pipe(
          outbox(name, range),
          TE.map(({ commands }) => ({ commands, more: commands.length === range.limit })),
        ),
    })),
    noticedBy: [
      'held events: gives pages by position, and says exactly whether there is more',
      'outbox: gives pages, and says exactly whether there is more',
    ],
  },
  {
    defect: 'shows parked commands among all others only',
    open: operatorThat(({ outbox }) => ({
      outbox: (name, range) => outbox(name, { ...range, which: 'all' }),
    })),
    noticedBy: ['outbox: shows parked commands alone, in the order in which all were issued'],
  },
  {
    defect: 'finds no subscription by its projection or process manager',
    open: operatorThat(({ find, status }) => ({
      find: (name) =>
        pipe(
          status(name),
          TE.flatMap((found) => find(found.length === 0 ? `no ${name}` : name)),
        ),
    })),
    noticedBy: ['names: finds a subscription by its name, its process manager or its projection'],
  },
  {
    defect: 'finds all well whatever there is',
    open: operatorThat(({ examine }) => ({
      examine: () =>
        pipe(
          examine(),
          TE.map((all) => all.map(({ check, message }) => ({ check, message, level: 'ok' }))),
        ),
    })),
    noticedBy: [
      'examining: finds a stopped partition, and says how to let it continue',
      'examining: warns of what waits for a decision, events and commands',
      'examining: warns of a read model that is behind, until it has caught up',
      'examining: warns of a build that has no running process',
      'examining: warns of an instance that gets no work because of its filter',
    ],
  },
]

/** Operators that do something else than they should. */
const clumsy: ReadonlyArray<BrokenOperator> = [
  {
    defect: 'decides about everything that is held',
    open: operatorThat(({ decide, heldEvents }) => ({
      decide: (name, decision) =>
        pipe(
          heldEvents(name, ALL),
          TE.flatMap(({ events }) =>
            decide(
              name,
              decision,
              events.map(({ position }) => position),
            ),
          ),
        ),
    })),
    noticedBy: [
      'held events: decides about these positions only, and answers them by position',
      'held events: decides nothing about an event that has taken the place of the one that was seen',
    ],
  },
  {
    defect: 'tries again what it was told to skip',
    open: operatorThat(({ decide, decideCommands }) => ({
      decide: (name, _decision, positions) => decide(name, 'retry', positions),
      decideCommands: (process, _decision, ids) => decideCommands(process, 'retry', ids),
    })),
    noticedBy: [
      'held events: hands a decision to the owner, and shows it until it is carried out',
      'outbox: continues without a parked command that is skipped',
    ],
  },
  {
    defect: 'skips commands that it was told to try again',
    open: operatorThat(({ decideCommands }) => ({
      decideCommands: (process, _decision, ids) => decideCommands(process, 'skip', ids),
    })),
    noticedBy: ['outbox: has a parked command sent again, with everything behind it, once'],
  },
  {
    defect: 'resumes a partition when it was told to skip its event',
    open: operatorThat(({ resume }) => ({ skipStopped: (name) => resume(name) })),
    noticedBy: [
      'stopping: lets a stopped partition continue after the event at a position, once',
      'stopping: skips nothing when another event has stopped the partition',
    ],
  },
  {
    defect: 'fences the owner of a paused subscription off',
    open: operatorThat(({ pause, status, rename }) => ({
      pause: (name) =>
        pipe(
          pause(name),
          TE.flatMap(() => status(name)),
          TE.flatMap(() => rename(name, `${name} paused`, 'fenceOff')),
          TE.flatMap(() => rename(`${name} paused`, name, 'fenceOff')),
          TE.orElse(() => pause(name)),
        ),
    })),
    noticedBy: ['stopping: lets the owner of a paused subscription save its current batch'],
  },
  {
    defect: 'pauses nothing',
    open: operatorThat(({ unpause }) => ({ pause: unpause })),
    noticedBy: ['stopping: gives no lease of a paused subscription, until it is unpaused'],
  },
  {
    defect: 'goes back from whatever build is active',
    open: operatorThat((_sound, { documents }) => ({
      rollBack: (projection, from) =>
        pipe(
          documents.rollBack(projection),
          TE.flatMap(() => documents.active(projection)),
          TE.map((active) => active ?? buildOf(projection, from.version, from.build)),
        ),
    })),
    noticedBy: [
      'going back: shows readers the previous build, once, however often that is requested',
      'going back: goes back from the build that was decided about, and from no other',
      'going back: cannot go back when no earlier build is kept',
    ],
  },
  {
    defect: 'shows the active build only, and not until when others are kept',
    open: operatorThat(({ builds, status }) => ({
      builds: (projection) =>
        pipe(
          builds(projection),
          TE.map((all) => all.filter(({ state }) => state === 'active')),
        ),
      status: (name) =>
        pipe(
          status(name),
          TE.map((all) =>
            all.map((one) => ({
              ...one,
              build: one.build && {
                projection: one.build.projection,
                isActive: one.build.isActive,
              },
            })),
          ),
        ),
    })),
    noticedBy: ['going back: lists the builds of a projection, and until when they are kept'],
  },
  {
    defect: 'takes subscriptions out of the hands of their owners unasked',
    open: operatorThat((sound) => ({
      reset: (name, position) => sound.reset(name, position, 'fenceOff'),
      remove: (name) => sound.remove(name, 'fenceOff'),
      rename: (name, to) => sound.rename(name, to, 'fenceOff'),
      repartition: (name, how) => sound.repartition(name, { ...how, owners: 'fenceOff' }),
    })),
    noticedBy: [
      'moving: is not moved while it is running, unless its owner is to be fenced off',
      'moving: is forgotten when it is removed, with all that it holds, and no other is',
      'renaming: fences off the owner under the old name, also when the old name is restored',
      'repartitioning: fences off the owners of the old partitions, whatever partition they had',
    ],
  },
  {
    defect: 'moves a subscription past the horizon',
    open: operatorThat(({ reset, horizon }) => ({
      reset: (name, position, owners) =>
        pipe(
          horizon(),
          TE.flatMap((bound) => reset(name, Math.min(position, bound.horizon), owners)),
        ),
    })),
    noticedBy: ['moving: may be moved from the start to the horizon, and no further'],
  },
  {
    defect: 'moves and removes the checkpoints of documents',
    open: operatorThat((sound, { subscriptions }) => ({
      remove: (name, owners) =>
        pipe(
          sound.remove(name, owners),
          TE.orElse((error) =>
            error._tag === 'SubscriptionKeepsProjection'
              ? TE.map(() => undefined)(subscriptions.remove(name))
              : TE.left(error),
          ),
        ),
    })),
    noticedBy: ['moving: does not move documents away from their checkpoint'],
  },
  {
    defect: 'leaves the outbox of a process manager under its old name',
    open: operatorThat((sound, { subscriptions }) => ({
      rename: (name, to, owners) =>
        name.startsWith('process:') && to.startsWith('process:')
          ? pipe(
              subscriptions.register({ name: to, partitions: 1, position: 0 }),
              TE.flatMap(() => sound.remove(name, owners)),
            )
          : sound.rename(name, to, owners),
    })),
    noticedBy: ['renaming: takes the outbox and the states of a process manager along'],
  },
  {
    defect: 'begins a renamed subscription anew',
    open: operatorThat((sound, { subscriptions }) => ({
      rename: (name, to, owners) =>
        pipe(
          sound.rename(name, to, owners),
          TE.flatMap(() => subscriptions.remove(to)),
          TE.flatMap(() => subscriptions.register({ name: to, partitions: 2, position: 3 })),
          TE.map(() => undefined),
        ),
    })),
    noticedBy: ['renaming: keeps its checkpoints and what it holds under a new name'],
  },
  {
    defect: 'divides partitions that are apart from the highest position on',
    open: operatorThat((sound) => ({
      repartition: (name, how) =>
        pipe(
          sound.status(name),
          TE.flatMap((partitions) => {
            const highest = Math.max(0, ...partitions.map(({ position }) => position))
            return pipe(
              sound.repartition(name, { ...how, apart: 'fromLowest' }),
              TE.map(() => highest),
            )
          }),
        ),
    })),
    noticedBy: ['repartitioning: continues from the lowest position only if that is requested'],
  },
  {
    defect: 'forgets what partitions hold when it divides them',
    open: operatorThat((sound, { subscriptions }) => ({
      repartition: (name, how) =>
        pipe(
          sound.repartition(name, how),
          TE.flatMap((position) =>
            pipe(
              subscriptions.remove(name),
              TE.flatMap(() =>
                subscriptions.register({ name, partitions: how.partitions, position }),
              ),
              TE.map(() => position),
            ),
          ),
        ),
    })),
    noticedBy: ['repartitioning: keeps each held stream in the partition that it belongs to then'],
  },
  {
    defect: 'gives the store the lineage that it had',
    open: operatorThat((_sound, { store }) => ({
      newLineage: () =>
        pipe(
          store.readAll({ after: 0, limit: 1 }),
          TE.mapLeft((error) => storeFailed('Unexpected', 'nothingWritten', error)),
          TE.map(({ lineage }) => lineage),
        ),
    })),
    noticedBy: [
      'another lineage: is the one that readers get from then on, and never an earlier one',
    ],
  },
  {
    defect: 'forgets which store the checkpoints are of when it gives it another lineage',
    open: operatorThat((sound) => ({
      newLineage: () =>
        pipe(
          sound.newLineage(),
          TE.tap(() =>
            pipe(
              sound.reset('own', 0, 'fenceOff'),
              TE.match(
                () => undefined,
                () => undefined,
              ),
              TE.fromTask,
            ),
          ),
        ),
    })),
    noticedBy: ['another lineage: takes the checkpoints of this store along, and no others'],
  },
]

export const brokenOperators: ReadonlyArray<BrokenOperator> = [...blind, ...clumsy]
