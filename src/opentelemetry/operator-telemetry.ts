import type { Meter } from '@opentelemetry/api'
import * as E from 'fp-ts/Either'
import type { PartitionStatus } from '../core/operator/status'
import type { Operator } from '../core/ports/operator'

/** A gauge for each partition, and what it shows. */
const gauges: ReadonlyArray<
  readonly [
    name: string,
    unit: string,
    description: string,
    of: (status: PartitionStatus) => number,
  ]
> = [
  [
    'reprise.subscription.lag',
    '{event}',
    'Events that are stored and not handled. Counted up to a limit.',
    ({ lag }) => lag.events,
  ],
  [
    'reprise.subscription.lag.age',
    's',
    'Since the oldest event that is not handled was recorded.',
    ({ lag }) => lag.seconds,
  ],
  [
    'reprise.subscription.parked',
    '{event}',
    'Held events that wait for the decision of an operator.',
    ({ parked }) => parked,
  ],
  [
    'reprise.subscription.waiting',
    '{event}',
    'Held events that will be retried.',
    ({ waiting }) => waiting,
  ],
  [
    'reprise.outbox.parked',
    '{command}',
    'Commands of a process manager that wait for the decision of an operator.',
    ({ parkedCommands }) => parkedCommands,
  ],
  [
    'reprise.subscription.running',
    '{partition}',
    '1 while an instance holds the lease, 0 otherwise.',
    ({ state }) => (state === 'running' ? 1 : 0),
  ],
]

/** Gauges of subscriptions and of the horizon, read from the store whenever metrics are collected. */
export const operatorTelemetry =
  (meter: Meter) =>
  ({ status, horizon }: Pick<Operator, 'status' | 'horizon'>): (() => void) => {
    const partitions = gauges.map(([name, unit, description, of]) => ({
      of,
      gauge: meter.createObservableGauge(name, { unit, description }),
    }))
    const age = meter.createObservableGauge('reprise.horizon.age', {
      unit: 's',
      description:
        'Of the oldest transaction that keeps subscribers from reading on. 0: there is none.',
    })
    const behind = meter.createObservableGauge('reprise.horizon.behind', {
      unit: '{position}',
      description: 'Positions that were drawn, and are not safe to read yet.',
    })
    const all = [...partitions.map(({ gauge }) => gauge), age, behind]

    const read: Parameters<Meter['addBatchObservableCallback']>[0] = async (observed) => {
      const [found, seen] = await Promise.all([status()(), horizon()()])
      if (E.isRight(found)) {
        for (const partition of found.right) {
          const where = {
            'messaging.destination.name': partition.subscription,
            'messaging.destination.partition.id': String(partition.partition),
          }
          for (const { gauge, of } of partitions) observed.observe(gauge, of(partition), where)
        }
      }
      if (E.isRight(seen)) {
        const { horizon: safe, last, holders } = seen.right
        observed.observe(age, Math.max(0, ...holders.map((holder) => holder.age ?? 0)) / 1000)
        observed.observe(behind, Math.max(0, last - safe))
      }
    }
    meter.addBatchObservableCallback(read, all)
    return () => meter.removeBatchObservableCallback(read, all)
  }
