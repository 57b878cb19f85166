import * as E from 'fp-ts/Either'
import type { Appended } from '../../src/core/append'
import { appendHooks } from '../../src/core/ports/append-hooks'
import { appending, newEvent } from '../support/tally'

const appended: Appended = { version: 1, positions: [7], recordedAt: 1_700_000_000_000 }

const watched = () => {
  const seen: unknown[] = []
  const { afterAppend, hooked } = appendHooks((call) => call())
  afterAppend({ run: (events) => void seen.push(...events), onError: () => undefined })
  return { seen, hooked }
}

describe('the hooks of a store', () => {
  it('are given what was stored, as it was when the append was called', async () => {
    const { seen, hooked } = watched()
    const data = { by: 1 }
    const request = { ...appending('counter-1'), events: [newEvent('Added', data)] }
    const append = hooked(
      [request],
      async () => E.right(appended),
      (one) => [one],
    )
    data.by = 2
    expect(await append()).toEqual(E.right(appended))
    expect(seen).toMatchObject([
      { streamId: 'counter-1', version: 1, position: 7, data: { by: 1 } },
    ])
  })

  it('leave an append alone whose events cannot be copied: it fails by itself', () => {
    const { hooked } = watched()
    const data = {
      get by(): number {
        throw new Error('not now')
      },
    }
    const append = async () => E.right(appended)
    const request = { ...appending('counter-1'), events: [newEvent('Added', data)] }
    expect(hooked([request], append, (one) => [one])).toBe(append)
  })

  it('are not called for an append that failed', async () => {
    const { seen, hooked } = watched()
    const append = hooked(
      [appending('counter-1')],
      async () => E.left('refused'),
      () => [appended],
    )
    expect(await append()).toEqual(E.left('refused'))
    expect(seen).toEqual([])
  })
})
