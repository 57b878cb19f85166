import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { archiveDirectory, postgres } from 'reprise/postgres'
import { seededRandom } from 'reprise/testing'
import { bundled } from '../support/bundled'
import { postgresReadSide, type PostgresReadSide } from '../support/postgres-read-side'
import { right } from '../support/right'
import { tick } from '../support/ticks'
import { scaled } from '../support/workers'

/** `npm run test:transfer` for 20 kills. */
const KILLS = scaled('REPRISE_TRANSFER_KILLS', 3)
const SEED = scaled('REPRISE_TRANSFER_SEED', 1 + Math.floor(Math.random() * 1_000_000))
/** How many streams there are more before each run, and how many events each has. */
const [STREAMS, EVENTS] = [100, 20]
const random = seededRandom(SEED)

let side: PostgresReadSide
let folder: string
beforeAll(async () => {
  process.stdout.write(`seed ${SEED}\n`)
  side = await postgresReadSide()
  folder = mkdtempSync(join(tmpdir(), 'reprise-kill-'))
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await side.close()
})

interface Ended {
  readonly code: number | null
  readonly text: string
}

/** Runs the program. `killAfter`: it is killed some milliseconds after it has printed so many lines of progress. */
const reprise = (
  args: ReadonlyArray<string>,
  killAfter?: { readonly lines: number; readonly milliseconds: number },
): Promise<Ended> =>
  new Promise((resolve) => {
    const all = [bundled('src/cli/main.ts'), ...args, '--url', side.url, '--json']
    const child = spawn(process.execPath, all, { cwd: folder })
    let text = ''
    let armed = killAfter !== undefined
    const hear = (chunk: string): void => {
      text += chunk
      const lines = text.split('"progress":{').length - 1
      if (!armed || killAfter === undefined || lines < killAfter.lines) return
      armed = false
      setTimeout(() => child.kill('SIGKILL'), killAfter.milliseconds)
    }
    child.stdout.setEncoding('utf8').on('data', hear)
    child.stderr.setEncoding('utf8').on('data', hear)
    child.once('close', (code) => resolve({ code, text }))
  })

const ARCHIVE = ['archive', '--why', 'test', '--yes', '--confirm', 'reprise', '--to', 'a.ndjson']

const streams: string[] = []

/** Closes streams. */
const addStreams = async (): Promise<void> => {
  for (let n = 0; n < STREAMS; n++) {
    const streamId = `tick-${streams.length}`
    const events = Array.from({ length: EVENTS }, (_, index) => tick(index))
    await right(side.store.append({ streamId, expectedVersion: 0, events, commands: [] }))
    await right(side.operator.closeStream({ streamId, by: 'test', why: 'test' }))
    streams.push(streamId)
  }
}

/** The events of a stream. */
const eventsIn = async (
  { store }: { readonly store: Pick<PostgresReadSide['store'], 'read'> },
  streamId: string,
) => {
  const { events } = await right(store.read(streamId, { after: 0, limit: 100 }))
  return events.map(({ id, version, position, type, schemaVersion, recordedAt, ...rest }) => [
    ...[streamId, id, version, position, type, schemaVersion, recordedAt, rest.data, rest.metadata],
  ])
}

interface Places {
  readonly filed: number
  readonly stored: number
  readonly storedEvents: number
  readonly openEvents: number
  readonly ranges: number
}

/** Where the streams are, in one snapshot: the server may go on with what a killed process has sent. */
const places = async (): Promise<Places> => {
  const { rows } = await side.pool.query<Places>(`
    select (select count(*)::integer from reprise.archived_streams where file is not null) as filed,
           (select count(*)::integer from reprise.archived_streams where file is null) as stored,
           (select count(*)::integer from reprise.archived_events) as "storedEvents",
           (select count(*)::integer from reprise.events where schema_version > 0) as "openEvents",
           (select count(*)::integer from reprise.archive_ranges) as ranges`)
  return rows[0]!
}

it(
  'archived streams that are moved to a file are as they were, wherever the process is killed',
  async () => {
    const before: unknown[] = []
    let [kills, inTheMiddle] = [0, 0]
    for (let attempt = 0; kills < KILLS && attempt < 2 * KILLS; attempt++) {
      const known = streams.length
      await addStreams()
      for (const id of streams.slice(known)) before.push(await eventsIn(side, id))
      const moment = { lines: 1 + random.below(3), milliseconds: random.below(30) }
      if ((await reprise(ARCHIVE, moment)).code === null) kills += 1
      // A stream is in one place, and the events of each are whole.
      const { filed, stored, storedEvents, openEvents, ranges } = await places()
      if (filed > known && filed < streams.length) inTheMiddle += 1
      expect(storedEvents).toBe(stored * EVENTS)
      expect(openEvents).toBe((streams.length - filed - stored) * EVENTS)
      expect(ranges).toBeLessThanOrEqual(attempt + 1) // what was given up is overwritten by a run that gets that far
    }
    await addStreams()
    for (const id of streams.slice(before.length)) before.push(await eventsIn(side, id))
    const last = await reprise(ARCHIVE)
    expect({ seed: SEED, ...last }).toMatchObject({ seed: SEED, code: 0 })
    expect(await places()).toEqual({
      ...{ filed: streams.length, stored: 0, storedEvents: 0, openEvents: 0, ranges: 0 },
    })
    const reading = postgres(side.pool, { archiveFiles: archiveDirectory(folder) })
    for (const [index, id] of streams.entries()) {
      expect(await eventsIn(reading, id)).toEqual(before[index])
    }
    await reading.close()
    const verified = await reprise(['verify', '--archives', folder])
    expect(verified).toMatchObject({ code: 0 })
    expect(verified.text).toMatch(new RegExp(`"streams": ?${streams.length}`))

    // What was begun and not finished was overwritten.
    const text = readFileSync(join(folder, 'a.ndjson'), 'utf8')
    const headings = text.split('{"reprise":"archived stream"').length - 1
    expect(headings).toBe(streams.length)
    expect(await right(side.operator.unusedRanges())).toEqual([])
    process.stdout.write(`${kills} kills, ${inTheMiddle} of them while the file was written\n`)
    expect(kills).toBe(KILLS)
  },
  120_000 + KILLS * 20_000,
)
