const SPECIAL = /["\\]/g

const quoted = (text: string): string =>
  text.includes('"') || text.includes('\\') ? `"${text.replace(SPECIAL, '\\$&')}"` : `"${text}"`

/**
 * A list as PostgreSQL reads an array: of texts, numbers and nulls. `undefined` for a list that holds
 * anything else.
 */
export const arrayLiteral = (values: ReadonlyArray<unknown>): string | undefined => {
  let literal = ''
  for (const value of values) {
    if (literal !== '') literal += ','
    if (typeof value === 'string') literal += quoted(value)
    else if (typeof value === 'number') literal += String(value)
    else if (value === null) literal += 'null'
    else return undefined
  }
  return `{${literal}}`
}
