import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DEFAULT_SCHEMA, fingerprint, namespaceOf, quoteIdentifier } from './names'

/** A numbered piece of SQL, for one schema. */
export interface Migration {
  /** `0001_events`. */
  readonly name: string
  readonly sql: string
  /** Of the released file: the same for every schema. */
  readonly fingerprint: string
}

/** The folder of the package that holds the released files. */
const FOLDER = join(__dirname, '..', '..', '..', '..', 'migrations')

/** Every migration, oldest first, for a schema of any name. */
export const migrationsFor = (schema: string = DEFAULT_SCHEMA): ReadonlyArray<Migration> =>
  readdirSync(FOLDER)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => {
      const released = readFileSync(join(FOLDER, file), 'utf8')
      return {
        name: file.replace(/[.]sql$/, ''),
        fingerprint: fingerprint(released).toString(16),
        sql: released
          .replaceAll('{{schema}}', () => quoteIdentifier(schema))
          .replaceAll('{{namespace}}', String(namespaceOf(schema))),
      }
    })
