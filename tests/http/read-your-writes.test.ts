import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { openCategory, projectionReader, runProjection } from 'reprise'
import { storeFailed } from 'reprise/adapter'
import { commandEndpoint, POSITION_HEADER, readYourWrites } from 'reprise/http'
import { memory, sharded } from 'reprise/memory'
import { balances } from '../../examples/http/gift-cards/balances'
import { giftCards } from '../../examples/http/gift-cards/category'
import { notReachedYet } from '../../src/core/errors/subscription'
import { rightOf } from '../support/right'
import { running } from '../support/running'

const at = (position: number | string): Headers =>
  new Headers({ [POSITION_HEADER]: String(position) })

describe('a read with the position of a write', () => {
  it('sees that write', async () => {
    const backend = memory()
    const projection = running((signal) => runProjection(balances)(backend, { signal }))
    const reader = projectionReader(balances)(backend)
    const upToDate = readYourWrites(reader.until, { timeout: 10_000 })
    const commands = commandEndpoint(openCategory(giftCards, backend))
    for (let card = 0; card < 20; card++) {
      const id = `G${card}`
      const response = await commands(
        new Request('http://localhost', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{"type":"IssueGiftCard","amount":5}',
        }),
        id,
      )
      const position = response.headers.get(POSITION_HEADER) ?? ''
      expect(await upToDate(at(position))).toEqual(E.right(undefined))
      expect(rightOf(await reader.get(id)())).toEqual({ issued: true, balance: 5 })
    }
    await projection.stop()
  })

  it('sees that write on the one of several sources that the answer has named', async () => {
    const backend = sharded([memory(), memory()])
    const projection = running((signal) => runProjection(balances)(backend, { signal }))
    const readers = new Map(
      backend.sources.map((source) => [source.source, projectionReader(balances)(source)]),
    )
    const upToDate = readYourWrites(
      { of: (source) => readers.get(source)?.until },
      { timeout: 10_000 },
    )
    const commands = commandEndpoint(openCategory(giftCards, backend))
    const named = new Set<string>()
    for (let card = 0; card < 8; card++) {
      const id = `G${card}`
      const response = await commands(
        new Request('http://localhost', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: '{"type":"IssueGiftCard","amount":5}',
        }),
        id,
      )
      const header = response.headers.get(POSITION_HEADER) ?? ''
      const body = (await response.json()) as { readonly position: number; readonly source: string }
      expect(header).toBe(`${body.position};source="${body.source}"`)
      named.add(body.source)
      expect(await upToDate(at(header))).toEqual(E.right(undefined))
      expect(rightOf(await (readers.get(body.source)?.get(id) ?? TE.right(undefined))())).toEqual({
        issued: true,
        balance: 5,
      })
    }
    expect([...named].toSorted()).toEqual(['shard-0', 'shard-1'])
    const malformed = { left: { status: 400, code: 'malformed-header' } }
    for (const wrong of ['7', '7;source="shard-7"', '7;source=""', '7;source="%"', '7;source=a']) {
      expect(await upToDate(at(wrong))).toMatchObject(malformed)
    }
    const ofOne = readYourWrites((reached) => TE.right(reached))
    expect(await ofOne(at('7;source="shard-0"'))).toMatchObject(malformed)
    await projection.stop()
  })

  it('waits for nothing without the header', async () => {
    const upToDate = readYourWrites(() => {
      throw new Error('not called')
    })
    expect(await upToDate(new Headers())).toEqual(E.right(undefined))
  })

  it('is 503 when the time is over, and says when to come again', async () => {
    const backend = memory()
    const reader = projectionReader(balances)(backend)
    const upToDate = readYourWrites(reader.until, { timeout: 0, retryAfter: 2 })
    expect(await upToDate(at(7))).toEqual(
      E.left(
        expect.objectContaining({ status: 503, code: 'not-reached-yet', wanted: 7, retryAfter: 2 }),
      ),
    )
  })

  it('is 503 when the store does not answer', async () => {
    const failed = storeFailed('Unavailable', 'nothingWritten', new Error('select 1'))
    expect(await readYourWrites(() => TE.left(failed))(at(7))).toMatchObject({
      left: { status: 503, code: 'store-unavailable' },
    })
  })

  it.each(['', 'x', '-1', '1.5', '01', '1, 2', '1e3', '9007199254740992', '9'.repeat(17)])(
    'is 400 when the position is none: %s',
    async (position) => {
      const upToDate = readYourWrites((reached) => TE.right(reached))
      expect(await upToDate(at(position))).toMatchObject({
        left: { status: 400, code: 'malformed-header', header: 'Reprise-Position' },
      })
      expect(await upToDate(at(1_099_511_627_775))).toEqual(E.right(undefined))
    },
  )

  it('does not wait while as many as may are waiting: it looks once', async () => {
    const timeouts: number[] = []
    let finish = (): void => undefined
    const finished = new Promise<void>((done) => (finish = done))
    const upToDate = readYourWrites(
      (position, timeout) => async () => {
        timeouts.push(timeout)
        if (timeout > 0) await finished
        return E.left(notReachedYet('balances', position, 1))
      },
      { timeout: 5_000, waiting: 2 },
    )
    const waiting = [upToDate(at(7)), upToDate(at(7))]
    await upToDate(at(7))
    finish()
    await Promise.all(waiting)
    await upToDate(at(7))
    expect(timeouts).toEqual([5_000, 5_000, 0, 5_000])
  })
})
