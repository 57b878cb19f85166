import { useEffect, useRef, useState } from 'preact/hooks'
import type { CategoriesAnswer, StreamRow, StreamsAnswer } from '../answers'
import { get, pathOf, type Failure, useLoaded } from './api'
import { plural } from './format'
import { Empty, Problem, Time, Title } from './parts'
import { linkTo, replaceAddress, type Place } from './router'
import { VirtualList } from './virtual-list'

const PAGE = 100
const TYPING = 150

/** Streams page by page, as far as someone has scrolled. */
const useStreams = (prefix: string, category: string) => {
  const [rows, setRows] = useState<ReadonlyArray<StreamRow>>([])
  const [next, setNext] = useState<string>()
  const [failure, setFailure] = useState<Failure>()
  const [isLoaded, setLoaded] = useState(false)
  const isLoading = useRef(false)
  const wanted = useRef('')

  const load = async (after: string | undefined, of: string): Promise<void> => {
    isLoading.current = true
    const parameters = { prefix, category, after, limit: PAGE }
    const answer = await get<StreamsAnswer>(pathOf('streams', parameters))
    if (wanted.current !== of || answer === undefined) return
    isLoading.current = false
    setLoaded(true)
    setFailure(answer.ok ? undefined : answer.failure)
    if (!answer.ok) return
    const { streams } = answer.content
    setRows((before) => (after === undefined ? streams : [...before, ...streams]))
    setNext(answer.content.next)
  }
  useEffect(() => {
    wanted.current = `${category} ${prefix}`
    const timer = setTimeout(() => void load(undefined, wanted.current), isLoaded ? TYPING : 0)
    return () => clearTimeout(timer)
  }, [prefix, category])

  const more = (last: number): void => {
    if (next === undefined || isLoading.current || last < rows.length - 20) return
    void load(next, wanted.current)
  }
  return { rows, hasMore: next !== undefined, failure, isLoaded, more }
}

export const StreamsView = ({ place }: { readonly place: Place }) => {
  const [prefix, setPrefix] = useState(place.parameters.get('search') ?? '')
  const [category, setCategory] = useState(place.parameters.get('category') ?? '')
  const { content } = useLoaded<CategoriesAnswer>(pathOf('categories'))
  const { rows, hasMore, failure, isLoaded, more } = useStreams(prefix, category)
  const now = Date.now()
  useEffect(() => {
    replaceAddress(linkTo('streams', '', { search: prefix, category }))
  }, [prefix, category])

  return (
    <section class="view">
      <Title text="Streams">
        <span class="note" role="status">
          {isLoaded ? `${plural(rows.length, 'stream')}${hasMore ? ' or more' : ''}` : 'loading'}
        </span>
      </Title>
      <div class="toolbar">
        <label class="grow">
          <span class="visually-hidden">Search by the beginning of the id</span>
          <input
            id="search"
            type="search"
            placeholder="Search: the beginning of an id, such as account-A ( / )"
            value={prefix}
            spellcheck={false}
            onInput={(event) => setPrefix(event.currentTarget.value)}
          />
        </label>
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
      </div>
      <Problem failure={failure} />
      {isLoaded && rows.length === 0 && failure === undefined ? (
        <Empty>
          {prefix === '' && category === ''
            ? 'There are no streams yet.'
            : 'No stream begins like this. The search compares from the first character of the id, the category included.'}
        </Empty>
      ) : (
        <VirtualList
          label="Streams"
          count={rows.length}
          rowHeight={44}
          onSeen={(_first, last) => more(last)}
          row={(index) => {
            const stream = rows[index]
            if (stream === undefined) return null
            const dash = stream.streamId.indexOf('-')
            return (
              <a class="stream-row" href={linkTo('stream', stream.streamId)}>
                <span class="id">
                  <span class="category">{stream.streamId.slice(0, dash + 1)}</span>
                  <bdi>{stream.streamId.slice(dash + 1)}</bdi>
                </span>
                <span class="version" title="version: how many events it has">
                  v{stream.version}
                </span>
                <Time at={stream.recordedAt} now={now} />
              </a>
            )
          }}
        />
      )}
    </section>
  )
}
