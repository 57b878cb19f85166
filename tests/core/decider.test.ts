import * as E from 'fp-ts/Either'
import { accept, reject, replay, replayFrom } from '../../src/core/decider'

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

describe('accept and reject', () => {
  it('are right with all events, in order, and left with the reason', () => {
    expect(accept({ by: 1 }, { by: 2 })).toEqual(E.right([{ by: 1 }, { by: 2 }]))
    expect(accept()).toEqual(E.right([]))
    expect(reject('no')).toEqual(E.left('no'))
  })
})
