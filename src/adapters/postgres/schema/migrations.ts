import { DEFAULT_SCHEMA, fingerprint, quoteIdentifier, quoteText } from './names'
import { released } from './released-migrations'

/** A numbered piece of SQL, for one schema. */
export interface Migration {
  /** `0001_reprise`. */
  readonly name: string
  readonly sql: string
  /** Of the released file: the same for every schema. */
  readonly fingerprint: string
}

/** What brackets the bodies of functions: something that the name of the schema does not hold. */
export const bracketFor = (schema: string): string => {
  for (let number = 0; ; number++) {
    const bracket = `$reprise${number === 0 ? '' : number}$`
    if (!schema.includes(bracket)) return bracket
  }
}

const PLACEHOLDER = /\{\{(?:schema|name|quoted)\}\}|[$]reprise[$]/g

/** Every placeholder in one pass: the name of the schema may look like one. */
const madeOutFor = (schema: string): ((text: string) => string) => {
  const identifier = quoteIdentifier(schema)
  const values: Readonly<Record<string, string>> = {
    '{{schema}}': identifier,
    '{{name}}': quoteText(schema),
    '{{quoted}}': quoteText(identifier).slice(1, -1),
    $reprise$: bracketFor(schema),
  }
  return (text) => text.replace(PLACEHOLDER, (placeholder) => values[placeholder] ?? placeholder)
}

/**
 * Every migration, oldest first, for a schema of any name: for a tool of your own that runs SQL. `npx reprise migrate`
 * and `backend.migrate` run them by themselves, and remember by name and fingerprint what was run.
 *
 * @param schema - default `reprise`.
 *
 * @example
 * const script = migrationsFor('shop').map(({ sql }) => sql).join('\n')
 */
export const migrationsFor = (schema: string = DEFAULT_SCHEMA): ReadonlyArray<Migration> => {
  const madeOut = madeOutFor(schema)
  return released.map(({ name, text }) => ({
    name,
    fingerprint: fingerprint(text).toString(16),
    sql: madeOut(text),
  }))
}
