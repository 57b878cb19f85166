import type { Projection } from 'reprise'
import { stateCodec } from 'reprise/codec'
import * as t from 'io-ts'
import { runProjection } from 'reprise'
import { cli } from '../support/cli'
import { eventually } from '../support/eventually'
import { postgresReadSide, type PostgresReadSide } from '../support/postgres-read-side'
import { right } from '../support/right'
import { appendTicks, type Tick, ticks } from '../support/ticks'
import { customers, fill } from '../studio/fixture'

const sums: Projection<number, Tick> = {
  name: 'sums',
  version: 1,
  events: ticks,
  categories: ['counter'],
  key: ({ streamId }) => streamId,
  view: {
    initialState: 0,
    evolve: (sum, event) => (event.type === 'Ticked' ? sum + event.by : 0),
  },
  state: stateCodec(1, t.number),
}

let side: PostgresReadSide
beforeAll(async () => {
  side = await postgresReadSide()
  await fill(side)
  await appendTicks(side.store, 'counter-1', 1, 2)
})
afterAll(() => side.close())

/** A studio that runs until `stop`. */
const started = async (...args: ReadonlyArray<string>) => {
  let interrupt: () => void = () => undefined
  let out = ''
  const ended = cli(['studio', '--url', side.url, '--module', 'mine.ts', ...args], {
    environment: { USER: 'ada' },
    importModule: async () => ({ customers, default: { sums } }),
    onInterrupt: (stop) => {
      interrupt = stop
      return () => undefined
    },
    onOutput: (text) => {
      out = text
    },
  })
  const url = await eventually(() => /http:\S+token=[\w-]+/.exec(out)?.[0])
  const opened = await fetch(url, { redirect: 'manual' })
  const cookie = opened.headers.get('set-cookie')?.split(';')[0] ?? ''
  const { origin } = new URL(url)
  const headers = { cookie, origin, 'content-type': 'application/json' }
  return {
    url,
    out: () => out,
    get: async (path: string): Promise<unknown> =>
      (await fetch(`${origin}/api/${path}`, { headers: { cookie } })).json(),
    operate: (content: unknown) =>
      fetch(`${origin}/api/operate`, { method: 'POST', headers, body: JSON.stringify(content) }),
    stop: () => {
      interrupt()
      return ended
    },
  }
}

describe('reprise studio', () => {
  it('shows the store and states by the given module, read-only, until it is interrupted', async () => {
    const studio = await started()
    expect(studio.out()).toMatch(
      /^The studio shows 127\.0\.0\.1:\d+\/\S+ as postgres, read-only\. Open/,
    )
    expect(await studio.get('about')).toMatchObject({
      deciders: ['customer'],
      projections: ['sums'],
      masked: true,
    })
    expect(await studio.get('state?stream=customer-C1&version=3')).toMatchObject({
      state: { _tag: 'Known', state: { value: { visits: 2 } } },
    })
    const refused = await studio.operate({ action: 'resume', subject: 'mails' })
    expect([refused.status, await refused.json()]).toMatchObject([403, { code: 'read-only' }])
    expect(await studio.stop()).toMatchObject({ exitCode: 0, error: '' })
    await expect(fetch(studio.url)).rejects.toThrow()
  })

  it('rebuilds a projection as the operator who is named, and says how it went', async () => {
    const controller = new AbortController()
    const running = runProjection(sums)(side, { signal: controller.signal })()
    await eventually(async () => right(side.documents.active('sums')))
    const studio = await started('--operate')
    const begun = await studio.operate({ action: 'rebuild', subject: 'sums' })
    expect([begun.status, await begun.json()]).toMatchObject([
      200,
      { message: expect.stringContaining('has begun') },
    ])
    const builds = await eventually(async () => {
      const answer = JSON.stringify(await studio.get('projections'))
      return answer.includes('"state":"done"') ? answer : undefined
    })
    expect(JSON.parse(builds)).toMatchObject({
      projections: [
        {
          builds: [
            { build: 1, state: 'kept' },
            { build: 2, state: 'active' },
          ],
        },
      ],
      rebuilds: [{ projection: 'sums', message: 'Readers see build 2 of version 1.' }],
    })
    expect((await studio.operate({ action: 'rebuild', subject: 'others' })).status).toBe(409)
    expect(await studio.get('audit')).toMatchObject({
      entries: [
        { operator: 'ada', subject: 'others', outcome: 'failed' },
        { operator: 'ada', action: 'rebuild', subject: 'sums', outcome: 'done' },
      ],
    })
    await studio.stop()
    controller.abort()
    await running
  })

  it('says what is wrong before it opens anything', async () => {
    const run = (...args: ReadonlyArray<string>) =>
      cli(['studio', '--url', side.url, ...args], { importModule: async () => ({ a: 1 }) })
    expect(await run('--port', '70000')).toMatchObject({ exitCode: 2 })
    expect(await run('--module', 'mine.ts')).toMatchObject({
      exitCode: 1,
      error: expect.stringContaining('exports neither a category nor a projection'),
    })
    expect(await cli(['studio'])).toMatchObject({ exitCode: 2 })
  })
})
