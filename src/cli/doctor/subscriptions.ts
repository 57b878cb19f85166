import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import { quoteIdentifier } from '../../adapters/postgres/schema/names'
import { titleOf } from '../output/subscriptions'
import { briefly, count } from '../output/text'
import { type PartitionView, partitionsOf } from '../read-side/partitions'
import { type Check, ok, problem, warning } from './check'

const several = (titles: ReadonlyArray<string>): string =>
  titles.length > 3
    ? `${titles.slice(0, 3).join(', ')} and ${titles.length - 3} more`
    : titles.join(', ')

const LOOK =
  'To see why: npx reprise subscriptions <name>. To let it go on: npx reprise retry <name>'

/** @param long - seconds without an owner, and without being new, that are worth a warning. */
export const ownersCheck = (long: number): Check => {
  const isLonely = ({ state, heartbeatAge, age }: PartitionView): boolean =>
    state === 'no owner' && (heartbeatAge ?? age) > long
  const since = ({ heartbeatAge, age }: PartitionView): string =>
    heartbeatAge === null ? `never had one, ${briefly(age)} old` : `for ${briefly(heartbeatAge)}`
  return {
    name: 'owners',
    needs: 'tables',
    examine: (session) =>
      pipe(
        partitionsOf(session),
        TE.map((views) => {
          const stopped = views.filter(({ state }) => state === 'stopped')
          if (stopped.length > 0) {
            return problem(`stopped by an event: ${several(stopped.map(titleOf))}`, LOOK)
          }
          const lonely = views.filter(isLonely)
          return lonely.length > 0
            ? warning(
                `without an owner: ${several(lonely.map((view) => `${titleOf(view)} (${since(view)})`))}`,
                `Start the program that runs it. If there is none any more: delete from ${quoteIdentifier(session.schema)}.subscriptions where name = '...'`,
              )
            : ok(
                views.length === 0
                  ? 'no subscription yet'
                  : 'every subscription has one, or had one a moment ago',
              )
        }),
      ),
  }
}

export const parkedCheck: Check = {
  name: 'parked',
  needs: 'tables',
  examine: (session) =>
    pipe(
      partitionsOf(session),
      TE.map((views) => {
        const total = (view: PartitionView) => view.parked + view.parkedRequests
        const having = views.filter((view) => total(view) > 0)
        const listed = having.map((view) => `${titleOf(view)} (${total(view)})`)
        return having.length === 0
          ? ok('nothing waits for a decision')
          : warning(
              `could not be handled, and waits for you: ${several(listed)}`,
              'To see why: npx reprise subscriptions <name>; then npx reprise retry or skip',
            )
      }),
    ),
}

interface BuildRow {
  readonly projection: string
  readonly collection: string
  readonly active: boolean
}

// Every build, and whether it is the one that readers see.
const buildsIn = (schema: string): string => `
select p.name as projection, s.name as collection, p.collection = s.name as active
from ${schema}.projections p
  join ${schema}.subscriptions s on s.name = p.collection or starts_with(s.name, p.name || '@')`

/** @param long - seconds that a read model may be behind. */
export const projectionsCheck = (long: number): Check => ({
  name: 'projections',
  needs: 'tables',
  examine: (session) =>
    pipe(
      TE.Do,
      TE.bind('builds', () => session.query<BuildRow>(buildsIn(quoteIdentifier(session.schema)))),
      TE.bind('views', () => partitionsOf(session)),
      TE.map(({ builds, views }) => {
        const of = (wanted: boolean) =>
          views.filter(({ subscription }) =>
            builds.some(
              ({ collection, active }) => collection === subscription && active === wanted,
            ),
          )
        const behind = of(true).filter(({ lag }) => lag.seconds > long)
        if (behind.length > 0) {
          const listed = behind.map(
            (view) =>
              `${titleOf(view)} by ${briefly(view.lag.seconds)}, ${count(view.lag.events, 'event')}`,
          )
          return warning(
            `behind: ${several(listed)}`,
            'See npx reprise subscriptions: is it running, and does a transaction hold the horizon back?',
          )
        }
        const left = of(false).filter(({ state }) => state !== 'running')
        return left.length > 0
          ? warning(
              `half-built, and nobody goes on: ${several(left.map(titleOf))}`,
              'npx reprise rebuild <projection> deletes it, and starts again.',
            )
          : ok(`${count(of(true).length, 'read model')} up to date`)
      }),
    ),
})
