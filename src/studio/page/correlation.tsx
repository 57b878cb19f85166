import { useState } from 'preact/hooks'
import type { CorrelationAnswer } from '../answers'
import { pathOf, useLoaded } from './api'
import { hueOf, moment, plural } from './format'
import { type Graph, type GraphEdge, type GraphNode, graphOf } from './graph'
import { Empty, EventType, Problem, Title } from './parts'
import { go, linkTo, type Place } from './router'

const LANE = 240
const ROW = 56
const HEAD = 44
const BOX = 212
/** Events that are drawn; the table has all of them. */
const MOST_DRAWN = 300

const xOf = ({ lane }: GraphNode): number => 16 + lane * LANE
const yOf = ({ row }: GraphNode): number => HEAD + row * ROW

const curve = ({ from, to }: GraphEdge): string => {
  const [x1, y1] = [xOf(from) + BOX / 2, yOf(from) + 36]
  const [x2, y2] = [xOf(to) + BOX / 2, yOf(to)]
  const middle = (y1 + y2) / 2
  return `M ${x1} ${y1} C ${x1} ${middle}, ${x2} ${middle}, ${x2} ${y2}`
}

const shortened = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most - 1)}…` : text

const GraphBox = ({ node }: { readonly node: GraphNode }) => {
  const { type, streamId, version } = node.event
  return (
    <a href={linkTo('stream', streamId, { version })}>
      <g class="graph-box" transform={`translate(${xOf(node)} ${yOf(node)})`}>
        <rect width={BOX} height={36} rx={8} />
        <circle cx={16} cy={18} r={5} fill={`hsl(${hueOf(type)} 65% 50%)`} />
        <text x={30} y={16}>
          {shortened(type, 26)}
        </text>
        <text x={30} y={30} class="graph-note">
          version {version}
        </text>
      </g>
    </a>
  )
}

const Drawing = ({ graph }: { readonly graph: Graph }) => {
  const width = 16 + graph.lanes.length * LANE
  const height = HEAD + graph.nodes.length * ROW
  return (
    <div
      class="drawing"
      role="region"
      aria-label="What has caused what: streams side by side, time downwards"
      tabIndex={0}
    >
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`}>
        {graph.lanes.map((streamId, lane) => (
          <g key={streamId}>
            <line
              class="graph-lane"
              x1={16 + lane * LANE + BOX / 2}
              x2={16 + lane * LANE + BOX / 2}
              y1={HEAD - 8}
              y2={height}
            />
            <text class="graph-title" x={16 + lane * LANE} y={24}>
              {shortened(streamId, 30)}
            </text>
          </g>
        ))}
        {graph.edges.map((edge) => (
          <path
            key={`${edge.from.event.id} ${edge.to.event.id}`}
            class="graph-edge"
            d={curve(edge)}
          />
        ))}
        {graph.nodes.map((node) => (
          <GraphBox key={node.event.id} node={node} />
        ))}
      </svg>
    </div>
  )
}

const EventTable = ({ content: { events, more } }: { readonly content: CorrelationAnswer }) => (
  <div class="table" role="region" aria-label="The same as a table" tabIndex={0}>
    <table>
      <caption class="visually-hidden">All events of this correlation, oldest first</caption>
      <thead>
        <tr>
          <th scope="col">Position</th>
          <th scope="col">Event</th>
          <th scope="col">Stream</th>
          <th scope="col">Recorded (UTC)</th>
        </tr>
      </thead>
      <tbody>
        {events.map((event) => (
          <tr key={event.id}>
            <td class="number">{event.position}</td>
            <td>
              <EventType type={event.type} />
            </td>
            <td>
              <a href={linkTo('stream', event.streamId, { version: event.version })}>
                <bdi>{event.streamId}</bdi> v{event.version}
              </a>
            </td>
            <td class="note">{moment(event.recordedAt)}</td>
          </tr>
        ))}
      </tbody>
    </table>
    {more && <p class="note">There are more: these are the first {events.length}.</p>}
  </div>
)

const Search = ({ id }: { readonly id: string }) => {
  const [text, setText] = useState(id)
  return (
    <form
      class="toolbar"
      onSubmit={(event) => {
        event.preventDefault()
        go(linkTo('correlation', text.trim()))
      }}
    >
      <label class="grow">
        <span class="visually-hidden">Correlation id</span>
        <input
          id="search"
          type="search"
          placeholder="Correlation id"
          value={text}
          spellcheck={false}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <button type="submit">Follow</button>
    </form>
  )
}

export const CorrelationView = ({ place: { subject } }: { readonly place: Place }) => {
  const path = subject === '' ? undefined : pathOf('correlation', { id: subject })
  const { content, failure, of } = useLoaded<CorrelationAnswer>(path)
  const known = of === path ? content : undefined
  const graph = graphOf(known?.events.slice(0, MOST_DRAWN) ?? [])
  return (
    <section class="view scrolls">
      <Title text="Correlation">
        {known !== undefined && (
          <span class="note">
            {plural(known.events.length, 'event')} in {plural(graph.lanes.length, 'stream')}
          </span>
        )}
      </Title>
      <Search key={subject} id={subject} />
      <Problem failure={failure} />
      {subject === '' && (
        <Empty>
          Everything that one request has caused shares a correlation id. Give one, or follow the
          link at an event.
        </Empty>
      )}
      {known?.events.length === 0 && <Empty>No event has this correlation id.</Empty>}
      {known !== undefined && known.events.length > 0 && (
        <>
          <Drawing graph={graph} />
          <EventTable content={known} />
        </>
      )}
    </section>
  )
}
