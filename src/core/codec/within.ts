import type { Issue } from '../issue'

/** What `input` has under `name`, if it is a record at all. */
export const fieldOf = (input: unknown, name: string): unknown => {
  if (typeof input !== 'object' || input === null || !Object.hasOwn(input, name)) return undefined
  const fields: Readonly<Record<string, unknown>> = { ...input }
  return fields[name]
}

/** The issues of a value that stands under `name` in a larger one. */
export const under = (name: string, issues: ReadonlyArray<Issue>): ReadonlyArray<Issue> =>
  issues.map(({ path, message }) => ({ path: path === '' ? name : `${name}.${path}`, message }))
