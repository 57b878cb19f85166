import { replay, replayFrom } from '../../src/core/decider'

const counter = {
  initialState: 0,
  evolve: (state: number, event: { readonly by: number }) => state + event.by,
}

describe('replay', () => {
  it('is the initial state when there are no events', () => {
    expect(replay(counter, [])).toBe(0)
  })

  it('replays the events in order', () => {
    expect(replay(counter, [{ by: 1 }, { by: 2 }])).toBe(3)
  })

  it('continues from a state', () => {
    expect(replayFrom(counter, 10, [{ by: 5 }])).toBe(15)
  })
})
