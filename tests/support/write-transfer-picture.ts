import { writeFileSync } from 'node:fs'
import { PGlite } from '@electric-sql/pglite'
import { postgres } from 'reprise/postgres'
import { value } from '../../examples/bank/value'
import { barsOf, pictureOf, traceOfTransfer } from './transfer-trace'

// Run by scripts/trace-picture.mjs: on PGlite, as `npm start` is.
const draw = async (file: string): Promise<void> => {
  const pglite = await PGlite.create()
  const backend = postgres(pglite)
  value(await backend.migrate())
  writeFileSync(file, pictureOf(barsOf(await traceOfTransfer(backend))))
  await backend.close()
  await pglite.close()
}

void draw(process.argv[2] ?? 'transfer.svg')
