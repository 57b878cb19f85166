import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from 'reprise/testing'
import { contentOf, eventOf, writeArchive } from '../support/archives'
import { bundled } from '../support/bundled'
import { createDatabase, type TestDatabase } from '../support/database'
import { scaled } from '../support/workers'

/** `npm run test:transfer` for 20 kills of each, one after the other: what is left is gone on with each time. */
const KILLS = scaled('REPRISE_TRANSFER_KILLS', 2)
const EVENTS = scaled('REPRISE_TRANSFER_EVENTS', 12_000)
const SEED = scaled('REPRISE_TRANSFER_SEED', 1 + Math.floor(Math.random() * 1_000_000))
const random = seededRandom(SEED)

let source: TestDatabase
let target: TestDatabase
let third: TestDatabase
let folder: string
beforeAll(async () => {
  process.stdout.write(`seed ${SEED}\n`)
  ;[source, target] = [await createDatabase(), await createDatabase()]
  third = await createDatabase()
  folder = mkdtempSync(join(tmpdir(), 'reprise-kill-'))
  for (const { url } of [source, target, third]) await reprise(['migrate', '--url', url])
}, 120_000)
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await Promise.all([source.drop(), target.drop(), third.drop()])
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
    const child = spawn(process.execPath, [bundled('src/cli/main.ts'), ...args], { cwd: folder })
    let text = ''
    let armed = killAfter !== undefined
    const hear = (chunk: string): void => {
      text += chunk
      const lines = text.split('"progress":{"archive"').length - 1
      if (!armed || killAfter === undefined || lines < killAfter.lines) return
      armed = false
      setTimeout(() => child.kill('SIGKILL'), killAfter.milliseconds)
    }
    child.stdout.setEncoding('utf8').on('data', hear)
    child.stderr.setEncoding('utf8').on('data', hear)
    child.once('close', (code) => resolve({ code, text }))
  })

/** How many runs were really killed before they had ended. */
let kills = 0

/** Runs the program again and again; it is killed so many times, at random moments. Answers its last answer. */
const killed = async (args: ReadonlyArray<string>): Promise<Ended> => {
  for (let kill = 0; kill < KILLS; kill++) {
    const moment = {
      lines: 1 + random.below(3),
      milliseconds: random.below(40),
    }
    if ((await reprise([...args, '--json'], moment)).code === null) kills += 1
  }
  return reprise([...args, '--json'])
}

/** Events of streams that take turns, as a store would hold them. */
const someEvents = (count: number): ReadonlyArray<object> =>
  Array.from({ length: count }, (_, index) =>
    eventOf(`tick-${index % 997}`, Math.floor(index / 997) + 1, {
      ...(index % 3 === 0 ? { tags: [`third:${index % 20}`] } : {}),
      data: { step: index, text: 'x'.repeat(200) },
    }),
  )

describe('an import that is killed, and an export', () => {
  it('end as if they had never been interrupted', async () => {
    const original = join(folder, 'original.ndjson')
    writeArchive(original, someEvents(EVENTS), ['tick'])
    const last = await killed(['import', original, '--url', source.url])
    expect({ seed: SEED, ...last }).toMatchObject({ seed: SEED, code: 0 })
    expect(last.text).toContain(`"events":${EVENTS}`)

    const copy = join(folder, 'copy.ndjson')
    const exported = await killed(['export', copy, '--url', source.url])
    // One that was killed after it had given the file its name is told that it is there.
    expect({ seed: SEED, ...exported }).toMatchObject({
      seed: SEED,
      code: exported.text.includes('is there already') ? 2 : 0,
    })
    expect(contentOf(copy)).toEqual(contentOf(original))
    const moved = await reprise(['import', copy, '--url', target.url, '--json'])
    expect(moved).toMatchObject({ code: 0 })

    // The same by rows of COPY, into a store of its own.
    const rows = join(folder, 'rows.copy')
    const written = await killed(['export', rows, '--url', source.url, '--format', 'copy'])
    expect({ seed: SEED, ...written }).toMatchObject({
      seed: SEED,
      code: written.text.includes('is there already') ? 2 : 0,
    })
    const copied = await killed(['import', rows, '--url', third.url])
    expect({ seed: SEED, ...copied }).toMatchObject({ seed: SEED, code: 0 })
    const fromRows = join(folder, 'third.ndjson')
    expect(await reprise(['export', fromRows, '--url', third.url])).toMatchObject({ code: 0 })
    expect(contentOf(fromRows)).toEqual(contentOf(original))
    process.stdout.write(`${kills} kills\n`)
    expect(kills).toBeGreaterThan(0)
  }, 600_000)
})
