import { adviceFor, described, type Holder, type Horizon } from '../read-side/horizon'
import type { Lag } from '../read-side/lag'
import type { PartitionView } from '../read-side/partitions'
import type { Output } from '../runtime'
import { table } from './table'
import { briefly, safe } from './text'

/** Exact, or where counting has ended: `100,000+`. */
const eventsText = ({ events, orMore }: Lag): string =>
  orMore ? `${events.toLocaleString('en')}+` : String(events)

/** The name, and which of its partitions if there are many. */
export const titleOf = ({
  subscription,
  partition,
  partitions,
}: Pick<PartitionView, 'subscription' | 'partition' | 'partitions'>): string =>
  safe(partitions === 1 ? subscription : `${subscription} #${partition}`)

const cells = (view: PartitionView): ReadonlyArray<string> => [
  view.state,
  String(view.position),
  eventsText(view.lag),
  view.lag.events === 0 ? '-' : briefly(view.lag.seconds),
  String(view.parked + view.parkedRequests),
  safe(view.owner?.slice(0, 8) ?? '-'),
  view.heartbeatAge === null ? '-' : briefly(view.heartbeatAge),
  titleOf(view),
]

/** The partitions as a table. */
export const subscriptionsTable = (
  output: Pick<Output, 'columns'>,
  views: ReadonlyArray<PartitionView>,
): string => {
  const { titles, rows } = table(output, [
    { title: 'STATE', width: 8 },
    { title: 'POSITION', width: 8 },
    { title: 'LAG', width: 8 },
    { title: 'BEHIND', width: 6 },
    { title: 'PARKED', width: 6 },
    { title: 'OWNER', width: 8 },
    { title: 'HEARD', width: 6 },
    { title: 'SUBSCRIPTION', width: 0 },
  ])
  return views.length === 0 ? '(no subscriptions)\n' : titles() + rows(views.map(cells))
}

/** How far subscribers can read, and who keeps them from reading further. */
export const horizonText = ({ horizon, last }: Horizon, held: ReadonlyArray<Holder>): string => {
  const where = `Subscribers can read up to ${horizon}; the last position drawn is ${last}.\n`
  const [first, ...others] = held
  if (first === undefined) return where
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`
  return `${where}Held back by ${safe(described(first))}${more}.\n  -> ${adviceFor(first)}\n`
}
