import { useEffect, useRef, useState } from 'preact/hooks'
import type { CategoriesAnswer, EventRow, TailAnswer } from '../answers'
import { type Failure, get, pathOf, useLoaded } from './api'
import { count, moment } from './format'
import { Badge, Empty, EventType, Problem, Title } from './parts'
import { previewOf } from './preview'
import { linkTo } from './router'
import { VirtualList } from './virtual-list'

const POLL = 1_000
/** Events that the page keeps, the newest. */
const MOST = 5_000
const PAGE = 500

const useTail = (category: string, isPaused: boolean) => {
  const [events, setEvents] = useState<ReadonlyArray<EventRow>>([])
  const [failure, setFailure] = useState<Failure>()
  const after = useRef<number | undefined>(undefined)
  useEffect(() => {
    setEvents([])
    after.current = undefined
  }, [category])
  useEffect(() => {
    if (isPaused) return undefined
    const controller = new AbortController()
    let timer: number | undefined
    const poll = async (): Promise<void> => {
      const parameters = { category, after: after.current, limit: PAGE }
      const path = pathOf('tail', parameters)
      const answer = document.hidden ? undefined : await get<TailAnswer>(path, controller.signal)
      if (controller.signal.aborted) return
      setFailure(answer?.ok === false ? answer.failure : undefined)
      if (answer?.ok === true) {
        const { upTo, events: later } = answer.content
        after.current = upTo
        if (later.length > 0) {
          setEvents((before) => [...later.toReversed(), ...before].slice(0, MOST))
        }
      }
      timer = setTimeout(() => void poll(), POLL)
    }
    void poll()
    return () => {
      controller.abort()
      clearTimeout(timer)
    }
  }, [category, isPaused])
  return { events, failure }
}

const EventLine = ({ event }: { readonly event: EventRow }) => (
  <a class="live-row" href={linkTo('stream', event.streamId, { version: event.version })}>
    <span class="number">{count(event.position)}</span>
    <EventType type={event.type} />
    <span class="id">
      <bdi>{event.streamId}</bdi>
    </span>
    <span class="preview">
      <bdi>{previewOf(event)}</bdi>
    </span>
    <span class="note">{moment(event.recordedAt).slice(11, 23)}</span>
  </a>
)

export const LiveView = () => {
  const [category, setCategory] = useState('')
  const [isPaused, setPaused] = useState(false)
  const { content } = useLoaded<CategoriesAnswer>(pathOf('categories'))
  const { events, failure } = useTail(category, isPaused)
  return (
    <section class="view">
      <Title text="Live">
        <Badge tone={isPaused ? 'calm' : 'good'} text={isPaused ? 'paused' : 'following'} />
      </Title>
      <div class="toolbar">
        <label>
          <span class="visually-hidden">Category</span>
          <select value={category} onChange={(event) => setCategory(event.currentTarget.value)}>
            <option value="">All categories</option>
            {content?.categories.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <button type="button" aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>
          {isPaused ? 'Continue' : 'Pause'}
        </button>
        <span class="note">The newest at the top, as it becomes safe to read.</span>
      </div>
      <Problem failure={failure} />
      {events.length === 0 ? (
        <Empty>Waiting for events.</Empty>
      ) : (
        <VirtualList
          label="Events, newest first"
          count={events.length}
          rowHeight={40}
          row={(index) => {
            const event = events[index]
            return event === undefined ? null : <EventLine event={event} />
          }}
        />
      )}
    </section>
  )
}
