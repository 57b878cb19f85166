// Looks at the site in a browser: search, playground, without script, both themes, two sizes, and what axe finds.
//   npm run test:site                       # builds it first
//   npm run test:site -- --built            # takes site/dist as it is (built with --base /reprise/)
//   npm run test:site -- --shots folder     # keeps a picture of every page that it looks at
// It takes the chromium of the system: apt-get install chromium, or CHROMIUM=/path/to/it.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { extname, join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { checks } from '../site/browser-checks.mjs'

const { values: chosen } = parseArgs({
  options: {
    built: { type: 'boolean', default: false },
    shots: { type: 'string' },
    only: { type: 'string' },
  },
})
const BASE = '/reprise/'
const DIST = resolve('site/dist')

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.json': 'application/json',
}

/** A host of static files, as the one that publishes the site. */
const serve = () =>
  new Promise((done) => {
    const server = createServer((request, response) => {
      const { pathname } = new URL(request.url, 'http://site')
      const path = decodeURIComponent(pathname)
      const file = join(DIST, path.slice(BASE.length))
      const found = path.startsWith(BASE)
        ? [file, `${file}.html`, join(file, 'index.html')].find(
            (one) => existsSync(one) && statSync(one).isFile(),
          )
        : undefined
      if (found === undefined) return response.writeHead(404).end()
      const type = TYPES[extname(found)] ?? 'application/octet-stream'
      const content = readFileSync(found)
      const isText = /text|script|json|svg/.test(type)
      return response
        .writeHead(200, { 'content-type': type, ...(isText ? { 'content-encoding': 'gzip' } : {}) })
        .end(isText ? gzipSync(content) : content)
    })
    server.listen(0, '127.0.0.1', () => done(server))
  })

const findBrowser = () =>
  [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
    .filter((path) => path !== undefined)
    .find((path) => existsSync(path))

const main = async () => {
  const executablePath = findBrowser()
  if (executablePath === undefined) {
    console.error('There is no chromium. On Debian and Ubuntu: apt-get install chromium')
    return 1
  }
  if (!chosen.built) {
    execFileSync(process.execPath, ['scripts/site.mjs', '--base', BASE], { stdio: 'inherit' })
  }
  if (chosen.shots !== undefined) mkdirSync(chosen.shots, { recursive: true })
  const require = createRequire(resolve('site/package.json'))
  const { chromium } = require('playwright-core')
  const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')
  const server = await serve()
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'].concat([
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ]),
  })
  const failed = []
  try {
    const address = `http://127.0.0.1:${server.address().port}${BASE}`
    for (const [name, check] of Object.entries(
      checks({ browser, address, axe, shots: chosen.shots }),
    )) {
      if (chosen.only !== undefined && !name.includes(chosen.only)) continue
      const begin = performance.now()
      try {
        const found = await check()
        const seconds = ((performance.now() - begin) / 1000).toFixed(1)
        console.log(`✓ ${name} (${seconds} s)${found === undefined ? '' : `: ${found}`}`)
      } catch (error) {
        failed.push(name)
        console.error(`✗ ${name}\n${error instanceof Error ? error.message : String(error)}\n`)
      }
    }
  } finally {
    await browser.close()
    server.close()
  }
  if (failed.length > 0) console.error(`${failed.length} of them failed`)
  return failed.length === 0 ? 0 : 1
}

process.exitCode = await main()
