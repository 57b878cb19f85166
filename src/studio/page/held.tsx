import type { HeldRow, PartitionRow } from '../answers'
import { duration, plural } from './format'
import { Badge, type Operation, Time } from './parts'
import { linkTo } from './router'

export const titleOf = ({ subscription, partition, partitions }: PartitionRow): string =>
  partitions === 1 ? subscription : `${subscription} #${partition}`

type Ask = ((operation: Operation) => void) | undefined

const decisionOf = (name: string, action: 'retry' | 'skip', event: HeldRow): Operation => ({
  title: action === 'retry' ? 'Retry this event?' : 'Skip this event?',
  meaning:
    action === 'retry'
      ? `${event.type} of ${event.streamId}, version ${event.version}, is handled again, then what waits behind it.`
      : `${event.type} of ${event.streamId}, version ${event.version}, never has its effect in ${name}. What waits behind it goes on.`,
  verb: action === 'retry' ? 'Retry' : 'Skip for good',
  content: { action, subject: name, positions: [event.position] },
})

/** An event that could not be handled. */
export const Held = ({
  name,
  event,
  ask,
}: {
  readonly name: string
  readonly event: HeldRow
  readonly ask: Ask
}) => {
  const now = Date.now()
  return (
    <article class="card">
      <h3>
        <bdi>{event.type}</bdi>
        <a href={linkTo('stream', event.streamId, { version: event.version })}>
          <bdi>{event.streamId}</bdi> v{event.version}
        </a>
        <Badge
          tone={event.parked ? 'bad' : 'warn'}
          text={event.decision ?? (event.parked ? 'parked' : 'will be retried')}
        />
      </h3>
      <p class="failure">
        <bdi>{event.failure.message}</bdi>
      </p>
      <p class="note">
        {plural(event.attempts, 'attempt')}, the last <Time at={event.triedAt} now={now} />
        {event.retryAt !== undefined &&
          `, the next in ${duration(Math.max(0, event.retryAt - now) / 1_000)}`}
        ; holds back {plural(event.behind.events, 'event')}
        {event.behind.orMore && ' or more'}
      </p>
      {ask !== undefined && (
        <div class="buttons">
          <button type="button" onClick={() => ask(decisionOf(name, 'retry', event))}>
            Retry
          </button>
          <button type="button" class="danger" onClick={() => ask(decisionOf(name, 'skip', event))}>
            Skip
          </button>
        </div>
      )}
    </article>
  )
}

/** A partition that its poison policy has stopped. */
export const Stopped = ({ row, ask }: { readonly row: PartitionRow; readonly ask: Ask }) => {
  const { failure, subscription } = row
  if (failure === undefined) return null
  const { position } = failure
  return (
    <article class="card">
      <h3>
        <bdi>{titleOf(row)}</bdi> <Badge tone="bad" text="stopped" />
      </h3>
      <p class="failure">
        <bdi>{failure.message}</bdi>
      </p>
      {ask !== undefined && (
        <div class="buttons">
          <button
            type="button"
            onClick={() =>
              ask({
                title: `Resume ${subscription}?`,
                meaning:
                  'All its stopped partitions go on, with the event that has stopped them. A program that the stop has ended must be started again.',
                verb: 'Resume',
                content: { action: 'resume', subject: subscription },
              })
            }
          >
            Resume
          </button>
          {position !== undefined && (
            <button
              type="button"
              class="danger"
              onClick={() =>
                ask({
                  title: `Skip the event at position ${position}?`,
                  meaning: `It never has its effect in ${subscription}. The partition goes on after it.`,
                  verb: 'Skip for good',
                  content: { action: 'skip', subject: subscription, positions: [position] },
                })
              }
            >
              Skip the event
            </button>
          )}
        </div>
      )}
    </article>
  )
}
