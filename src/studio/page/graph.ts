import type { EventRow } from '../answers'

/** One event of a correlation, and where it is drawn. */
export interface GraphNode {
  readonly event: EventRow
  readonly lane: number
  readonly row: number
}

/** One event has caused another. */
export interface GraphEdge {
  readonly from: GraphNode
  readonly to: GraphNode
}

export interface Graph {
  /** The streams, in the order in which they were first written to. */
  readonly lanes: ReadonlyArray<string>
  readonly nodes: ReadonlyArray<GraphNode>
  readonly edges: ReadonlyArray<GraphEdge>
}

/**
 * Streams side by side, time downwards. An edge leads from the event that an event names as its cause; if it names a
 * command, from the last event of the decision on that command. Events of one decision stand together.
 *
 * @param events - in the order of their positions.
 */
export const graphOf = (events: ReadonlyArray<EventRow>): Graph => {
  const lanes = [...new Set(events.map(({ streamId }) => streamId))]
  const laneOf = new Map(lanes.map((streamId, lane) => [streamId, lane]))
  const nodes = events.map((event, row) => ({ event, row, lane: laneOf.get(event.streamId) ?? 0 }))
  const byId = new Map(nodes.map((node) => [node.event.id, node]))
  const lastOfCommand = new Map<string, GraphNode>()
  for (const node of nodes) {
    if (node.event.commandId !== undefined) lastOfCommand.set(node.event.commandId, node)
  }
  const edges = nodes.flatMap((to) => {
    const { causationId } = to.event
    if (causationId === undefined) return []
    const from = byId.get(causationId) ?? lastOfCommand.get(causationId)
    return from === undefined || from.row >= to.row ? [] : [{ from, to }]
  })
  return { lanes, nodes, edges }
}
