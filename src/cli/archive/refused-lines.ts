import { open, rename } from 'node:fs/promises'
import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import type { StoreFailed } from '../../core/errors/store'
import type { Transfer } from '../../core/ports/transfer'
import { type CliFailure, failure } from '../failure'

/** Refused lines in one page. */
const PAGE = 1_000

/**
 * Writes the lines of an archive that were refused into a file of their own, each with its number and the reason. A file of
 * that name is replaced once all of them are written: until then they are in `<to>.part`.
 */
export const writeRefused =
  (
    transfer: Pick<Transfer, 'refusals'>,
    archive: string,
    { from, to }: { readonly from: string; readonly to: string },
  ): TaskEither<StoreFailed | CliFailure, void> =>
  async () => {
    const part = `${to}.part`
    try {
      const source = await open(from, 'r')
      try {
        const target = await open(part, 'w')
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
            if (page.right.length < PAGE) break
          }
          await target.sync()
        } finally {
          await target.close()
        }
      } finally {
        await source.close()
      }
      await rename(part, to)
      return E.right(undefined)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      return E.left(
        failure(
          'FileNotWritten',
          `${part} cannot be written: ${message}. What was imported is stored: run the command again for the refused lines.`,
        ),
      )
    }
  }
