import { type Horizon, holderText } from '../../core/operator/horizon'
import { type EventCount, type PartitionStatus, partitionTitle } from '../../core/operator/status'
import { briefly } from '../../core/text'
import type { Output } from '../runtime'
import { table } from './table'
import { oneLine, safe } from './text'

/** The exact number, or the limit of counting: `100,000+`. */
export const eventsText = ({ events, orMore }: EventCount): string =>
  orMore ? `${events.toLocaleString('en')}+` : String(events)

const cells = (status: PartitionStatus): ReadonlyArray<string> => [
  status.state,
  String(status.position),
  eventsText(status.lag),
  status.lag.events === 0 ? '-' : briefly(status.lag.seconds),
  String(status.parked + status.parkedCommands),
  safe(status.owner?.slice(0, 8) ?? '-'),
  status.heartbeatAge === undefined ? '-' : briefly(status.heartbeatAge / 1000),
  safe(partitionTitle(status)),
]

/** The partitions as a table. */
export const subscriptionsTable = (
  output: Pick<Output, 'columns'>,
  partitions: ReadonlyArray<PartitionStatus>,
): string => {
  const { titles, rows } = table(output, [
    { title: 'STATE', width: 8 },
    { title: 'POSITION', width: 8 },
    { title: 'LAG', width: 8 },
    { title: 'BEHIND', width: 6 },
    { title: 'PARKED', width: 6 },
    { title: 'OWNER', width: 8 },
    { title: 'SEEN', width: 6 },
    { title: 'SUBSCRIPTION', width: 0 },
  ])
  return partitions.length === 0 ? '(no subscriptions)\n' : titles() + rows(partitions.map(cells))
}

/** How far subscribers can read, and which transaction holds the horizon back for too long. */
export const horizonText = ({ horizon, last, holders }: Horizon): string => {
  const where = `Subscribers can read up to ${horizon}; the last position drawn is ${last}.\n`
  const accused = holders.filter(({ advice }) => advice !== undefined)
  const [first, ...others] = accused
  if (first?.advice === undefined) return where
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`
  return `${where}Held back by ${safe(oneLine(holderText(first)))}${more}.\n  -> ${safe(oneLine(first.advice))}\n`
}
