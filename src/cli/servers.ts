import * as E from 'fp-ts/Either'
import type { OpenedDatabase } from '../adapters/postgres/connection/opened-database'
import type { CliFailure } from './failure'
import type { Context, Work } from './runtime'
import { explain } from './session'
import { targetOf } from './target'

// What is done with several servers at once: the shards of one backend.

export const SHARD = 'a shard; as many times as there are, in their order'

/** Collects an option that may be given several times. */
export const collected = (
  value: string,
  before: ReadonlyArray<string> = [],
): ReadonlyArray<string> => [...before, value]

interface Opened {
  readonly database: OpenedDatabase
  readonly place: string
}

const closeAll = async (opened: ReadonlyArray<Opened>): Promise<void> => {
  await Promise.all(opened.map(({ database }) => database.close().catch(() => undefined)))
}

/** Opens all of these servers, works, and closes them, whatever happens. */
export const withServers =
  (
    urls: ReadonlyArray<string>,
    work: (
      servers: ReadonlyArray<OpenedDatabase>,
      context: Context,
      explained: (error: Parameters<ReturnType<typeof explain>>[0]) => CliFailure,
    ) => ReturnType<Work>,
  ): Work =>
  (context) =>
  async () => {
    const { schema, now } = context
    const opened: Opened[] = []
    try {
      for (const url of urls) {
        const target = targetOf(url, {})
        if (E.isLeft(target)) return target
        const database = await context.connect(target.right, 'existing', { schema, now })()
        if (E.isLeft(database)) return database
        opened.push({ database: database.right, place: target.right.place })
      }
      const place = opened.map((one) => one.place).join(', ')
      const servers = opened.map(({ database }) => database)
      return await work(servers, context, explain({ place, schema }))()
    } finally {
      await closeAll(opened)
    }
  }
