import { encodeAppend } from '../../../../src/adapters/postgres/append/append'
import {
  appendStatements,
  optimisticQuery,
} from '../../../../src/adapters/postgres/append/optimistic-append'
import type { AppendRequest } from '../../../../src/core/append'
import { appending } from '../../../support/tally'

const statements = appendStatements('reprise')

/** An append of some events that carry so much text each. */
const carrying = (stream: string, events: number, characters: number): AppendRequest => {
  const request = appending(stream, events)
  const data = { text: 'x'.repeat(characters) }
  return { ...request, events: request.events.map((event) => ({ ...event, data })) }
}

const query = (...requests: ReadonlyArray<AppendRequest>) =>
  optimisticQuery(statements, requests.map(encodeAppend))

describe('the optimistic statement', () => {
  it('takes an append of a few megabytes', () => {
    expect(query(carrying('counter-1', 3, 1_000_000))?.text).toBe(statements.appendStream)
  })

  it('is not used for more data than a JSON array should hold, in one append or in several', () => {
    expect(query(carrying('counter-1', 5, 1_000_000))).toBeUndefined()
    const several = [1, 2, 3, 4, 5].map((n) => carrying(`counter-${n}`, 1, 1_000_000))
    expect(query(...several)).toBeUndefined()
  })

  it('is not used for an append without events, also among others', () => {
    expect(query(appending('counter-1'), appending('counter-2', 0))).toBeUndefined()
  })

  it('is the short one for a single event at a version, unless none comes after it', () => {
    const texts = ['mustNotExist', 7, 2_147_483_647, 'any', 'mustExist'] as const
    expect(
      texts.map((expectedVersion) => query({ ...appending('counter-1'), expectedVersion })?.text),
    ).toEqual([
      statements.appendOne,
      statements.appendOne,
      statements.appendStream,
      statements.appendStream,
      statements.appendStream,
    ])
  })

  it('carries data and metadata as they were written', () => {
    const request = carrying('counter-1', 2, 3)
    const { parameters = [] } = query(request) ?? {}
    const [, , , , , data, metadata] = parameters
    expect(JSON.parse(String(data))).toEqual(request.events.map((event) => event.data))
    expect(JSON.parse(String(metadata))).toEqual(request.events.map((event) => event.metadata))
  })
})
