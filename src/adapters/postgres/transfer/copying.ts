import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { PoolClient } from 'pg'
import { storeFailed, type StoreFailed } from '../../../core/errors/store'
import type { ExportedLines } from '../../../core/ports/transfer'
import type { ArchiveLines } from '../../../core/transfer/rows'
import { type CopyFlow, copyOut } from '../connection/copy'
import { toStoreFailed } from '../connection/errors'
import type { Origin } from '../connection/origin'
import { own } from '../connection/query'
import { HIGHEST_POSITION } from '../schema/names'
import { linePages } from './copied-lines'

type PoolOrigin = Extract<Origin, { _tag: 'Pool' }>

/** A transaction that only reads, however long that takes. */
const BEGIN = own(`begin transaction read only;
set local jit = off;
set local statement_timeout = 0;
set local idle_in_transaction_session_timeout = 0`)

/** How many bytes of lines one page has, about. */
const PAGE_BYTES = 1_048_576

/** Pages that are waited for: with more of them the server waits. */
const MOST_PAGES = 2

/** Hands pages on, one after the other. */
const handing = <Failure>(take: (page: ExportedLines) => TaskEither<Failure, void>) => {
  let failure: E.Left<Failure | StoreFailed> | undefined
  let waiting = 0
  let handed = Promise.resolve()
  const handOn = async (page: ExportedLines): Promise<void> => {
    if (failure !== undefined) return
    if (page.last > HIGHEST_POSITION) {
      const advice = `an event has the position ${page.last}, above the largest one`
      failure = {
        _tag: 'Left',
        left: storeFailed('CorruptRow', 'nothingWritten', undefined, advice),
      }
      return
    }
    const taken = await take(page)()
    if (E.isLeft(taken)) failure = taken
  }
  return {
    failed: () => failure,
    add: (page: ExportedLines, flow: CopyFlow, fail: () => void): void => {
      waiting += 1
      if (waiting >= MOST_PAGES) flow.pause()
      handed = handed
        .then(() => handOn(page))
        .then(() => {
          waiting -= 1
          if (failure === undefined) flow.resume()
          else fail()
        })
    },
    all: () => handed,
  }
}

/** All rows have come. */
const NO_FLOW: CopyFlow = { pause: () => undefined, resume: () => undefined }

/** Ends a connection, once. */
const releasing = (client: PoolClient): (() => void) => {
  let isReleased = false
  return () => {
    if (!isReleased) client.release(true)
    isReleased = true
  }
}

/** Gives the rows that a COPY answers, or lines of them, to `take`, page by page. */
export const throughCopy =
  ({ pool, enterTransaction }: Pick<PoolOrigin, 'pool' | 'enterTransaction'>) =>
  <Failure>(
    { copy, lines }: { readonly copy: string; readonly lines: ArchiveLines },
    take: (page: ExportedLines) => TaskEither<Failure, void>,
  ): TaskEither<StoreFailed | Failure, void> =>
  async () => {
    const leave = await enterTransaction()
    try {
      const client = await pool.connect()
      const hand = handing<Failure>(take)
      /** Nothing else ends a COPY whose rows are not taken. */
      const destroy = releasing(client)
      try {
        await client.query(BEGIN)
        const pages = linePages(PAGE_BYTES, lines)
        await copyOut(client, copy, (row, flow) => {
          const page = pages.add(row)
          if (page !== undefined) hand.add(page, flow, destroy)
        })
        const rest = pages.rest()
        if (rest !== undefined) hand.add(rest, NO_FLOW, destroy)
        await hand.all()
        if (hand.failed() === undefined) {
          await client.query(own('rollback'))
          client.release()
        }
      } catch (error) {
        destroy()
        await hand.all()
        return hand.failed() ?? E.left(toStoreFailed('none')(error))
      }
      return hand.failed() ?? E.right(undefined)
    } catch (error) {
      return E.left(toStoreFailed('none')(error))
    } finally {
      leave()
    }
  }
