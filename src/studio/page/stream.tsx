import { useEffect, useState } from 'preact/hooks'
import type { EventRow, StateAnswer, StreamAnswer } from '../answers'
import { pathOf, useLoaded } from './api'
import { DecideAgain } from './decide'
import { moment, plural, size } from './format'
import { Changes } from './changes'
import { JsonView } from './json-view'
import { Badge, Empty, EventType, Problem, Time, Title } from './parts'
import { linkTo, type Place, replaceAddress } from './router'
import { TimeLine } from './time-line'

const POLL = 3_000

const EventCard = ({
  streamId,
  version,
}: {
  readonly streamId: string
  readonly version: number
}) => {
  const [reveal, setReveal] = useState(false)
  useEffect(() => setReveal(false), [streamId, version])
  const path = pathOf('event', { stream: streamId, version, reveal: reveal ? true : undefined })
  const { content: event, failure } = useLoaded<EventRow>(version === 0 ? undefined : path)
  if (version === 0) return <Empty>Before the first event.</Empty>
  if (event === undefined) return <Problem failure={failure} />
  const onReveal = (): void => setReveal(true)
  return (
    <article class="card" aria-label={`Event ${version}`}>
      <h2>
        <EventType type={event.type} />
        <span class="note">
          event {event.version}, position {event.position}
        </span>
      </h2>
      <p class="note">
        recorded {moment(event.recordedAt)} UTC (<Time at={event.recordedAt} now={Date.now()} />
        ), schema version {event.schemaVersion}, {size(event.size)}
      </p>
      {event.undecodable !== undefined && <p class="problem">{event.undecodable}</p>}
      {event.data !== undefined && <JsonView shown={event.data} name="data" onReveal={onReveal} />}
      {Object.keys(Object(event.metadata.value) as object).length > 0 && (
        <details>
          <summary>Metadata</summary>
          <JsonView shown={event.metadata} name="metadata" onReveal={onReveal} />
        </details>
      )}
      {event.correlationId !== undefined && (
        <p>
          <a href={linkTo('correlation', event.correlationId)}>What else did its request cause?</a>
        </p>
      )}
    </article>
  )
}

const StateCard = ({
  streamId,
  version,
  sealed,
}: {
  readonly streamId: string
  readonly version: number
  readonly sealed: boolean
}) => {
  const [reveal, setReveal] = useState(false)
  useEffect(() => setReveal(false), [streamId])
  const path = pathOf('state', { stream: streamId, version, reveal: reveal ? true : undefined })
  const { content, failure } = useLoaded<StateAnswer>(path)
  const onReveal = (): void => setReveal(true)
  const state = content?.state
  return (
    <article class="card" aria-label="State" aria-live="polite">
      <h2>
        State at version {content?.version ?? version}
        <span class="note">by your own decider</span>
      </h2>
      <Problem failure={failure} />
      {sealed && (
        <p class="note">
          Personal data is sealed, and the studio has no keys: the state is as if all persons were
          forgotten.
        </p>
      )}
      {state?._tag === 'NoDecider' && (
        <Empty>
          No decider is known for this category. Start the studio with{' '}
          <code>--module &lt;file&gt;</code>, a module that exports the category.
        </Empty>
      )}
      {state?._tag === 'Unknown' && <p class="problem">{state.reason}</p>}
      {state?._tag === 'Known' && (
        <>
          <JsonView shown={state.state} name="state" onReveal={onReveal} />
          <h3>Changed by event {content?.version ?? version}</h3>
          <Changes changes={state.changes} more={state.moreChanges} onReveal={onReveal} />
        </>
      )}
    </article>
  )
}

const Slider = ({
  least,
  version,
  at,
  onChange,
}: {
  readonly least: number
  readonly version: number
  readonly at: number
  readonly onChange: (at: number) => void
}) => (
  <div class="slider">
    <button
      type="button"
      aria-label="One version back"
      disabled={at <= least}
      onClick={() => onChange(at - 1)}
    >
      ◀
    </button>
    <input
      type="range"
      aria-label="Version"
      aria-valuetext={`version ${at} of ${version}`}
      min={least}
      max={version}
      value={at}
      onInput={(event) => onChange(Number(event.currentTarget.value))}
    />
    <button
      type="button"
      aria-label="One version on"
      disabled={at >= version}
      onClick={() => onChange(at + 1)}
    >
      ▶
    </button>
    <output>
      <strong>{at}</strong> of {version}
    </output>
  </div>
)

/** What is special about a stream: it takes no events any more, or its beginning is gone. */
const Standing = ({ stream: { first, standing } }: { readonly stream: StreamAnswer }) => (
  <>
    {standing === 'closed' && (
      <span title="It takes no events any more.">
        <Badge tone="calm" text="closed" />
      </span>
    )}
    {standing === 'archived' && (
      <span title="It takes no events any more, is in no list, and is followed no more.">
        <Badge tone="calm" text="archived" />
      </span>
    )}
    {first > 1 && (
      <span title={`A summary, event ${first}, stands where the events before it stood.`}>
        <Badge tone="calm" text={`begins at version ${first}`} />
      </span>
    )}
  </>
)

export const StreamView = ({ place }: { readonly place: Place }) => {
  const streamId = place.subject
  const wanted = place.parameters.get('version')
  const [chosen, setChosen] = useState<number>()
  const { content: stream, failure } = useLoaded<StreamAnswer>(
    pathOf('stream', { stream: streamId }),
    POLL,
  )
  useEffect(() => {
    setChosen(wanted !== null && /^\d{1,10}$/.test(wanted) ? Number(wanted) : undefined)
  }, [streamId, wanted])
  const version = stream?.streamId === streamId ? stream.version : 0
  // Without a choice it follows the newest version.
  const first = stream?.streamId === streamId ? stream.first : 0
  // Before a summary nothing is left to be looked at: not even the version before it.
  const least = first > 1 ? first : 0
  const at = Math.max(least, Math.min(chosen ?? version, version))
  const choose = (next: number): void => {
    setChosen(next === version ? undefined : next)
    replaceAddress(linkTo('stream', streamId, { version: next === version ? undefined : next }))
  }

  return (
    <section class="view">
      <Title text={streamId}>
        {stream !== undefined && (
          <span class="note">{plural(version === 0 ? 0 : version - first + 1, 'event')}</span>
        )}
        {stream !== undefined && <Standing stream={stream} />}
      </Title>
      <Problem failure={failure} />
      {stream !== undefined && version === 0 && <Empty>This stream has no events.</Empty>}
      {version > 0 && (
        <>
          <Slider least={least} version={version} at={at} onChange={choose} />
          <div class="columns">
            <div class="column time-line">
              <TimeLine
                streamId={streamId}
                first={first}
                version={version}
                at={at}
                onSelect={choose}
              />
            </div>
            <div class="column cards">
              <StateCard streamId={streamId} version={at} sealed={stream?.sealed === true} />
              <EventCard streamId={streamId} version={at} />
              {stream?.commands !== undefined && (
                <DecideAgain
                  key={streamId}
                  streamId={streamId}
                  version={at}
                  commands={stream.commands}
                />
              )}
            </div>
          </div>
        </>
      )}
    </section>
  )
}
