import { createHash, webcrypto } from 'node:crypto'
import { resolve } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import { MessageChannel } from 'node:worker_threads'
import { build, type Plugin } from 'esbuild'
import type * as Worker from './browser.worker'

const ROOT = resolve(__dirname, '../..')

/** What the `browser` field of package.json does for those who have installed the package. */
const inBrowsers: Plugin = {
  name: 'in browsers',
  setup: (bundler) => {
    bundler.onResolve({ filter: /\/platform\/node$/ }, () => ({
      path: resolve(ROOT, 'src/platform/browser.ts'),
    }))
  },
}

/** Bundles a module as an application for browsers is bundled. It fails where node's own modules are imported. */
const bundled = (entry: string) =>
  build({
    absWorkingDir: ROOT,
    stdin: { contents: entry, resolveDir: __dirname, loader: 'ts' },
    bundle: true,
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    globalName: 'bundle',
    plugins: [inBrowsers],
    logLevel: 'silent',
    metafile: true,
    write: false,
  })

/** The bundle, run in a realm that has what browsers and their workers have, and nothing of node. */
const inRealm = (code: string, channels: MessageChannel[]): typeof Worker => {
  const { crypto, performance, setTimeout, clearTimeout, btoa, atob } = {
    ...globalThis,
    crypto: webcrypto,
  }
  const realm = createContext({
    ...{ crypto, performance, setTimeout, clearTimeout, btoa, atob, queueMicrotask },
    ...{ TextEncoder, TextDecoder, AbortController, structuredClone },
    MessageChannel: function () {
      const channel = new MessageChannel()
      channels.push(channel)
      return channel
    },
  })
  runInContext(`'use strict'; ${code}`, realm)
  return runInContext('bundle', realm) as typeof Worker
}

describe('the library in a browser', () => {
  const channels: MessageChannel[] = []
  let worker: typeof Worker
  let sources: ReadonlyArray<string>

  beforeAll(async () => {
    const { outputFiles, metafile } = await bundled("export * from './browser.worker'")
    sources = Object.keys(metafile.inputs)
    worker = inRealm(outputFiles[0]?.text ?? '', channels)
  })
  afterAll(() => {
    for (const { port1 } of channels) port1.close()
  })

  it('has nothing of node in it', () => {
    expect(sources).toContain('src/platform/browser.ts')
    expect(sources).not.toContain('src/platform/node.ts')
  })

  it('runs commands, also at once, and a projection', async () => {
    expect(JSON.parse(JSON.stringify(await worker.run()))).toEqual({
      accepted: 2,
      rejected: ['Rejected'],
      invalid: 'InvalidCommand',
      state: 10,
      version: 3,
      balance: { _tag: 'Right', right: 10 },
      reduced: 30,
    })
  })

  it.each(['', 'abc', 'Zürich 東京 🎁', 'x'.repeat(1_000)])('hashes %p as node does', (text) => {
    for (const encoding of ['hex', 'base64url'] as const) {
      const expected = createHash('sha256').update(text).digest(encoding)
      expect(worker.sha256(text, encoding)).toBe(expected)
    }
    expect(worker.toBase64Url(text)).toBe(Buffer.from(text).toString('base64url'))
    expect(worker.fromBase64Url(worker.toBase64Url(text))).toBe(text)
  })

  it('has timers that are cleared, and set again', async () => {
    // Of those with the same delay the one that was set first fires first.
    const fired: string[] = []
    const never = worker.setTimeout(() => fired.push('cleared'), 5).unref()
    worker
      .setTimeout(() => fired.push('set three times'), 5)
      .refresh()
      .refresh()
    worker.clearTimeout(never)
    await new Promise<void>((resolve) => {
      const twice = worker.setTimeout(() => {
        fired.push('set twice')
        if (fired.length < 3) twice.refresh()
        else resolve()
      }, 5)
    })
    expect(fired).toEqual(['set three times', 'set twice', 'set twice'])
  })

  it.each(['reprise/adapter', 'reprise/boundary', 'reprise/postgres'])(
    '%s is bundled without anything of node',
    async (door) => {
      const { metafile } = await bundled(`export * from '${door}'`)
      expect(Object.values(metafile.outputs)[0]?.imports).toEqual([])
    },
  )
})
