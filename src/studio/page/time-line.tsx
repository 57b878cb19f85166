import { useRef, useState } from 'preact/hooks'
import type { EventRow, EventsAnswer } from '../answers'
import { get, pathOf } from './api'
import { moment } from './format'
import { Badge, EventType } from './parts'
import { previewOf } from './preview'
import { VirtualList } from './virtual-list'

const PAGE = 100

/** The events of a stream, in pages of 100 versions, of which only those that were seen are loaded. */
const useTimeLine = (streamId: string, version: number) => {
  const pages = useRef(new Map<number, ReadonlyArray<EventRow>>())
  const asked = useRef(new Set<string>())
  const [, setTurn] = useState(0)

  const load = async (page: number): Promise<void> => {
    const before = (page + 1) * PAGE + 1
    // The last page grows: it is asked for again when there is a new version.
    const key = `${streamId} ${page} ${Math.min(version, before)}`
    if (page < 0 || asked.current.has(key)) return
    asked.current.add(key)
    const parameters = { stream: streamId, before, limit: PAGE }
    const answer = await get<EventsAnswer>(pathOf('events', parameters))
    if (answer?.ok !== true) asked.current.delete(key)
    else {
      pages.current.set(page, answer.content.events)
      setTurn((turn) => turn + 1)
    }
  }
  return {
    at: (wanted: number): EventRow | undefined =>
      pages.current.get(Math.floor((wanted - 1) / PAGE))?.find((event) => event.version === wanted),
    /** Loads what is around some versions. */
    see: (from: number, to: number): void => {
      for (let page = Math.floor((from - 1) / PAGE); page <= Math.floor((to - 1) / PAGE); page++) {
        void load(page)
      }
    },
  }
}

/** The events of a stream, newest first; the chosen one is where the slider is. */
export const TimeLine = ({
  streamId,
  first: oldest,
  version,
  at,
  onSelect,
}: {
  readonly streamId: string
  /** The version of the first event. */
  readonly first: number
  readonly version: number
  readonly at: number
  readonly onSelect: (version: number) => void
}) => {
  const events = useTimeLine(streamId, version)
  return (
    <VirtualList
      label="Time line, newest event first"
      count={version - oldest + 1}
      rowHeight={52}
      {...(at === 0 ? {} : { selected: version - at })}
      onSelect={(index) => onSelect(version - index)}
      onSeen={(first, last) => events.see(version - last, version - first)}
      row={(index) => {
        const event = events.at(version - index)
        return (
          <div class="event-row">
            <span class="number">{version - index}</span>
            {event === undefined ? (
              <span class="note">loading</span>
            ) : (
              <>
                <EventType type={event.type} />
                <span class="preview">
                  <time dateTime={new Date(event.recordedAt).toISOString()}>
                    {moment(event.recordedAt).slice(0, 19)}
                  </time>{' '}
                  <bdi>{previewOf(event)}</bdi>
                </span>
                {event.undecodable !== undefined && <Badge tone="bad" text="undecodable" />}
              </>
            )}
          </div>
        )
      }}
    />
  )
}
