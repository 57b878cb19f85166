/** A process that moves the events to four partitions, a hundred at a time. Argument: url. */
import { Pool } from 'pg'
import { connectPool } from 'reprise/postgres'
import { partitionEvents } from '../../../../src/adapters/postgres/schema/partitioning'

const [, , url = ''] = process.argv
const db = connectPool(new Pool({ connectionString: url, max: 1 }))
void partitionEvents(db)({ partitions: 4, mostInBatch: 100 })()
