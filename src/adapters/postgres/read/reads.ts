import type { ReadArchived } from '../../../archive/archived-events'
import type { BoundaryStore } from '../../../core/ports/boundary-store'
import type { EventStore } from '../../../core/ports/event-store'
import type { Executor, TransactionScope } from '../connection/query'
import { loadFrom } from './load'
import { readBackwardsFrom, readFrom, versionIn } from './read'
import { readAllFrom } from './read-all'
import { readMatchingFrom } from './read-matching'
import { saveSnapshotIn } from './snapshots'
import { declareTagsIn, streamsIn } from './streams'

type Writes = 'append' | 'appendTogether' | 'appendLocked' | 'afterAppend'

/** Everything but the appends. The texts of the statements are made once for a schema. */
export const readsIn = (schema: string, readArchived: ReadArchived) => {
  const [load, read, readAll] = [loadFrom(schema), readFrom(schema), readAllFrom(schema)]
  const [readBackwards, version] = [readBackwardsFrom(schema), versionIn(schema)]
  const [streams, saveSnapshot] = [streamsIn(schema), saveSnapshotIn(schema)]
  const readMatching = readMatchingFrom(schema)
  const declareTags = declareTagsIn(schema)
  return (db: Executor, scope: TransactionScope): Omit<EventStore & BoundaryStore, Writes> => ({
    readMatching: readMatching(db),
    load: load(db, readArchived),
    read: read(db, readArchived),
    readBackwards: readBackwards(db, readArchived),
    version: version(db),
    readAll: readAll(db, scope),
    streams: streams(db),
    declareTags: declareTags(db, scope),
    saveSnapshot: saveSnapshot(db, scope),
  })
}
