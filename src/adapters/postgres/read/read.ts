import { pipe } from 'fp-ts/function'
import * as TE from 'fp-ts/TaskEither'
import type { EventStore } from '../../../core/ports/event-store'
import type { StoredEvent } from '../../../core/recorded-event'
import { streamIdError } from '../../../core/stream'
import { named, type Executor, readRows } from '../connection/query'
import { quoteIdentifier } from '../schema/names'
import { storedColumns, toPage, withoutNul } from './stored-events'

const read = (schema: string): string => `
select ${storedColumns}
from ${schema}.events e
where e.stream_id = $1::text and e.version > $2::integer
order by e.version
limit $3::integer`

const readTagged = (schema: string): string => `
select ${storedColumns}
from ${schema}.events e
where e.stream_id = $1::text and e.version > $2::integer
  and exists (select from ${schema}.event_tags t where t.tag = any($4::text[]) and t.position = e.position)
order by e.version
limit $3::integer`

/** Takes a stream, the version to begin after, and how many rows to answer. */
export const readStatement = (schema: string): string =>
  named('read', read(quoteIdentifier(schema)))

/** A page of one stream, by version. */
export const readFrom = (schema: string) => {
  const statement = readStatement(schema)
  const tagged = named('read_tagged', readTagged(quoteIdentifier(schema)))
  return (db: Executor): EventStore['read'] =>
    (streamId, { after, limit, tags }) => {
      const invalid = streamIdError(streamId)
      if (invalid !== undefined) return TE.left(invalid)
      const parameters = [streamId, after, limit + 1]
      return pipe(
        tags === undefined
          ? readRows<StoredEvent>(db, statement, parameters)
          : readRows<StoredEvent>(db, tagged, [...parameters, withoutNul(tags)]),
        TE.flatMapEither((found) => toPage(limit, found)),
      )
    }
}
