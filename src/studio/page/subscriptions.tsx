import type { About, HeldAnswer, PartitionRow, SubscriptionsAnswer } from '../answers'
import { pathOf, useLoaded } from './api'
import { count, duration, plural } from './format'
import { Badge, Empty, Problem, Progress, Time, Title, type Tone, useOperations } from './parts'
import { Held, Stopped, titleOf } from './held'
import { linkTo, type Place } from './router'

const POLL = 1_000

const tones: Readonly<Record<PartitionRow['state'], Tone>> = {
  running: 'good',
  'no owner': 'calm',
  stopped: 'bad',
  paused: 'warn',
}

const lagOf = ({ lag }: PartitionRow): string =>
  lag.events === 0
    ? 'up to date'
    : `${plural(lag.events, 'event')}${lag.orMore ? ' or more' : ''}, ${duration(lag.seconds)} behind`

const Row = ({
  row,
  horizon,
  isChosen,
}: {
  readonly row: PartitionRow
  readonly horizon: number
  readonly isChosen: boolean
}) => (
  <tr class={isChosen ? 'chosen' : ''}>
    <th scope="row">
      <a
        href={linkTo('subscriptions', row.subscription)}
        {...(isChosen ? { 'aria-current': 'true' as const } : {})}
      >
        <bdi>{titleOf(row)}</bdi>
      </a>
      <span class="note reads" title={row.reads}>
        reads {row.reads}
      </span>
    </th>
    <td>
      <Badge tone={tones[row.state]} text={row.state} />
    </td>
    <td>
      <Progress label={`${titleOf(row)} has come so far`} value={row.position} most={horizon} />
      <span class="note">
        {count(row.position)} of {count(horizon)}
      </span>
    </td>
    <td class={row.lag.events > 0 ? 'behind' : 'note'}>{lagOf(row)}</td>
    <td>
      {row.parked > 0 && <Badge tone="bad" text={`${count(row.parked)} parked`} />}{' '}
      {row.waiting > 0 && <Badge tone="warn" text={`${count(row.waiting)} retrying`} />}{' '}
      {row.parkedCommands > 0 && (
        <Badge tone="bad" text={plural(row.parkedCommands, 'parked command')} />
      )}
    </td>
  </tr>
)

const Details = ({
  name,
  rows,
  about,
  onDone,
}: {
  readonly name: string
  readonly rows: ReadonlyArray<PartitionRow>
  readonly about: About
  readonly onDone: () => void
}) => {
  const path = pathOf('held', { subscription: name, limit: 100 })
  const { content, failure, reload } = useLoaded<HeldAnswer>(path, POLL)
  const { ask, view } = useOperations(about.operator, () => {
    reload()
    onDone()
  })
  const [first] = rows
  return (
    <section aria-label={`Details of ${name}`}>
      <h2>
        <bdi>{name}</bdi>
        {first?.process !== undefined && (
          <a href={linkTo('timers', first.process)}>its timers and commands</a>
        )}
        {first?.projection !== undefined && <a href={linkTo('projections')}>its builds</a>}
      </h2>
      <ul class="facts">
        {rows.map((row) => (
          <li key={row.partition} class="note">
            {row.owner === undefined ? 'no owner' : `owner ${row.owner}`}
            {row.heartbeatAge !== undefined &&
              `, last heartbeat ${duration(row.heartbeatAge / 1_000)} ago`}
            {row.lastTrouble !== undefined && (
              <>
                ; last trouble <Time at={row.lastTrouble.at} now={Date.now()} />:{' '}
                <bdi>{row.lastTrouble.message}</bdi>
              </>
            )}
          </li>
        ))}
      </ul>
      {view}
      <Problem failure={failure} />
      {rows.map((row) => (
        <Stopped key={row.partition} row={row} ask={ask} />
      ))}
      {content?.events.map((event) => (
        <Held key={event.position} name={name} event={event} ask={ask} />
      ))}
      {content?.events.length === 0 && <Empty>It holds nothing back.</Empty>}
      {content?.more === true && <p class="note">There are more: these are the first 100.</p>}
    </section>
  )
}

export const SubscriptionsView = ({
  place: { subject },
  about,
}: {
  readonly place: Place
  readonly about: About
}) => {
  const { content, failure, reload } = useLoaded<SubscriptionsAnswer>(pathOf('subscriptions'), POLL)
  const rows = content?.partitions ?? []
  const chosen = rows.filter(({ subscription }) => subscription === subject)
  return (
    <section class="view scrolls">
      <Title text="Subscriptions">
        {content !== undefined && (
          <span class="note">
            {content.horizon === content.last
              ? `everything up to position ${count(content.last)} can be read`
              : `readable up to ${count(content.horizon)} of ${count(content.last)}`}
          </span>
        )}
      </Title>
      <Problem failure={failure} />
      {content?.holders.map((holder) => (
        <p key={holder} class="problem">
          {holder}
        </p>
      ))}
      {content !== undefined && rows.length === 0 && (
        <Empty>No subscription has ever been started here.</Empty>
      )}
      {rows.length > 0 && (
        <div class="table" role="region" aria-label="Subscriptions" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">Subscription</th>
                <th scope="col">State</th>
                <th scope="col">Position</th>
                <th scope="col">Lag</th>
                <th scope="col">Held</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <Row
                  key={titleOf(row)}
                  row={row}
                  horizon={content?.horizon ?? 0}
                  isChosen={row.subscription === subject}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {chosen.length > 0 && (
        <Details key={subject} name={subject} rows={chosen} about={about} onDone={reload} />
      )}
    </section>
  )
}
