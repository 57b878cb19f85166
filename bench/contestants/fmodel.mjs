import { Decider, EventSourcingAggregate } from '@fraktalio/fmodel-ts'
import { decide, evolve, initialState } from '../domain.mjs'

const account = new Decider(
  ({ count }, state) => decide(count, state),
  (state, { data }) => evolve(state, data),
  initialState,
)

const deposits = new Decider(
  ({ stream, count }, state) => account.decide({ count }, state).map((data) => ({ stream, data })),
  account.evolve,
  initialState,
)

// fmodel-ts has no store: its users bring a repository. This is the plainest there is.
const repository = (streams) => {
  const saveAll = async (events) => {
    for (const event of events) {
      const stream = streams.get(event.stream)
      if (stream === undefined) streams.set(event.stream, [event])
      else stream.push(event)
    }
    return events
  }
  return {
    fetchEvents: async ({ stream }) => streams.get(stream) ?? [],
    save: async (event) => (await saveAll([event]))[0],
    saveAll,
  }
}

export default {
  memory: async () => {
    const streams = new Map()
    const aggregate = new EventSourcingAggregate(deposits, repository(streams))
    return {
      command: (stream, count) => aggregate.handle({ stream, count }),
      stored: async () => [...streams.values()].reduce((sum, events) => sum + events.length, 0),
    }
  },
}
