/** A process that archives all closed streams, two at a time. Argument: url. */
import { Pool } from 'pg'
import { postgres } from 'reprise/postgres'
import { archiveClosed } from '../../../../src/shell/transfer/archive-closed'

const [, , url = ''] = process.argv
const pool = new Pool({ connectionString: url, max: 1 })
const options = { by: 'killed', why: 'test', tagged: 'refuse', batch: 2 } as const
void archiveClosed(options)(postgres(pool))()
