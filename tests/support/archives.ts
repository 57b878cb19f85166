import { createHash, randomUUID } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

/** A line of an archive that stands for an event. */
export const eventOf = (streamId: string, version: number, more: object = {}): object => ({
  ...{ id: randomUUID(), streamId, version, position: 1, recordedAt: 1_600_000_000_123 + version },
  ...{ type: 'Ticked', schemaVersion: 1, data: { step: version }, metadata: {} },
  ...more,
})

/** The text of an archive with these lines, as an export would end it. */
export const archiveText = (
  lines: ReadonlyArray<object | string>,
  completeTags: ReadonlyArray<string> = [],
  format = 1,
): string => {
  const header = { reprise: 'archive', format, lineage: 'elsewhere', completeTags }
  const all = [header, ...lines].map((line) =>
    typeof line === 'string' ? line : JSON.stringify(line),
  )
  const text = `${all.join('\n')}\n`
  const sha256 = createHash('sha256').update(text).digest('hex')
  return `${text}${JSON.stringify({ end: { events: lines.length, commands: 0, upTo: 1, sha256 } })}\n`
}

export const writeArchive = (
  path: string,
  lines: ReadonlyArray<object | string>,
  completeTags: ReadonlyArray<string> = [],
): void => writeFileSync(path, archiveText(lines, completeTags))

/** Writes an archive of rows of COPY. */
export const writeRows = (path: string, rows: ReadonlyArray<string>): void =>
  writeFileSync(path, archiveText(rows, [], 2))

/** The events and commands of an archive, without positions, which are another store's. */
export const contentOf = (path: string): ReadonlyArray<string> =>
  readFileSync(path, 'utf8')
    .split('\n')
    .slice(1, -2)
    .map((line) => line.replace(/"position":\d+,/, ''))
