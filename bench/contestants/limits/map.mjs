import { decide, evolve, initialState } from '../../domain.mjs'

export default {
  memory: async () => {
    const streams = new Map()
    return {
      command: async (stream, count) => {
        const { state, events } = streams.get(stream) ?? { state: initialState, events: [] }
        const decided = decide(count, state)
        for (const data of decided) events.push(data)
        streams.set(stream, { state: decided.reduce(evolve, state), events })
      },
      stored: async () => [...streams.values()].reduce((sum, { events }) => sum + events.length, 0),
    }
  },
}
