import type { Issue } from '../issue'

/** The value of `input` under `name`; `undefined` if `input` is not a record or does not have it. */
export const fieldOf = (input: unknown, name: string): unknown => {
  if (typeof input !== 'object' || input === null || !Object.hasOwn(input, name)) return undefined
  const fields: Readonly<Record<string, unknown>> = { ...input }
  return fields[name]
}

/** The issues of a value that is nested under `name`, with paths from the outer value. */
export const issuesUnder = (name: string, issues: ReadonlyArray<Issue>): ReadonlyArray<Issue> =>
  issues.map(({ path, message }) => ({ path: path === '' ? name : `${name}.${path}`, message }))
