/** A process that erases a stream, with the document of the same key. Arguments: url, stream. */
import { Pool } from 'pg'
import { postgres } from 'reprise/postgres'

const [, , url = '', streamId = ''] = process.argv
const pool = new Pool({ connectionString: url, max: 1 })
const documents = [{ collection: 'balances', key: streamId }]
void postgres(pool).operator.erase({ streamId, by: 'killed', why: 'test', documents })()
