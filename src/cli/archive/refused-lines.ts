import { open } from 'node:fs/promises'
import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../../core/errors/store'
import type { Transfer } from '../../core/ports/transfer'
import { type CliFailure, failure } from '../failure'

/** Refused lines in one page. */
const PAGE = 1_000

/**
 * Writes the lines of an archive that were refused into a file of their own, each with its number and the reason. What was
 * in that file is replaced.
 */
export const writeRefused =
  (
    transfer: Pick<Transfer, 'refusals'>,
    archive: string,
    { from, to }: { readonly from: string; readonly to: string },
  ): TaskEither<StoreFailed | CliFailure, void> =>
  async () => {
    try {
      const source = await open(from, 'r')
      try {
        const target = await open(to, 'w')
        try {
          for (let after = 0; ;) {
            const page = await transfer.refusals(archive, { after, limit: PAGE })()
            if (E.isLeft(page)) return page
            for (const { line, start, length, reason, message } of page.right) {
              const { buffer } = await source.read(Buffer.alloc(length), 0, length, start)
              const text = buffer.toString('utf8')
              await target.appendFile(`${JSON.stringify({ line, reason, message, text })}\n`)
              after = line
            }
            if (page.right.length < PAGE) return E.right(undefined)
          }
        } finally {
          await target.close()
        }
      } finally {
        await source.close()
      }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      return E.left(failure('FileNotWritten', `${to} cannot be written: ${message}`))
    }
  }
