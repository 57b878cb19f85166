import { memory } from 'reprise/memory'
import { right } from '../support/right'
import { sendRaw } from '../support/raw-http'
import { startStudio } from '../../src/studio/listen'
import { fill, HOST, type Sent, studioOn } from './fixture'

const backend = memory()
const studio = studioOn(backend, { operator: 'ada' })
beforeAll(() => fill(backend))

const ORIGIN = `http://${HOST}`
const JSON_TYPE = { 'content-type': 'application/json' }
const OPERATE = { method: 'POST', body: '{"action":"skip","subject":"mails","positions":[1]}' }

interface Bad {
  readonly name: string
  readonly path?: string
  readonly init: Sent
  readonly status: number
}

const NO_COOKIE = { cookie: '' }

const bad: ReadonlyArray<Bad> = [
  // DNS rebinding: another name that leads to this machine
  ...[
    'evil.example',
    'evil.example:4000',
    '127.0.0.1.evil.example',
    '10.0.0.1:4000',
    '',
    'localhost.',
    '0.0.0.0:4000',
  ].map((host) => ({ name: `the host "${host}"`, init: { headers: { host } }, status: 421 })),
  // Other sites
  ...[
    'https://evil.example',
    'null',
    `https://${HOST}`,
    'http://127.0.0.1:4001',
    'http://127.0.0.1',
  ].map((origin) => ({ name: `the origin ${origin}`, init: { headers: { origin } }, status: 403 })),
  ...['cross-site', 'same-site'].map((site) => ({
    name: `a request that is ${site}`,
    init: { headers: { 'sec-fetch-site': site } },
    status: 403,
  })),
  {
    name: 'a post without an origin',
    path: '/api/operate',
    init: { ...OPERATE, headers: JSON_TYPE },
    status: 403,
  },
  {
    name: 'a form of another site',
    path: '/api/operate',
    init: { ...OPERATE, headers: { 'content-type': 'text/plain', origin: 'https://evil.example' } },
    status: 403,
  },
  // No token, and no cookie
  ...[
    '',
    'reprise_studio_4000=',
    'reprise_studio_4000=the-token',
    'reprise_studio_4000=the-sessio',
    'reprise_studio_4001=the-session',
    'the-session',
    'reprise_studio_4000="the-session"',
  ].map((cookie) => ({
    name: `the cookie "${cookie}"`,
    init: { headers: { cookie } },
    status: 401,
  })),
  ...['', 'wrong', 'the-session', 'the-token%00', 'the-tokenx', '%ff'].map((token) => ({
    name: `the token "${token}"`,
    path: `/?token=${token}`,
    init: { headers: NO_COOKIE },
    status: 401,
  })),
  {
    name: 'the token at another path',
    path: '/api/about?token=the-token',
    init: { headers: NO_COOKIE },
    status: 401,
  },
  {
    name: 'the token in a header',
    init: { headers: { ...NO_COOKIE, authorization: 'Bearer the-token' } },
    status: 401,
  },
  ...['/', '/studio.js', '/studio.css', '/licences.txt'].map((path) => ({
    name: `${path} without a cookie`,
    path,
    init: { headers: NO_COOKIE },
    status: 401,
  })),
  // A GET that would change something, and other methods
  {
    name: 'operating by GET',
    path: '/api/operate?action=skip&subject=mails',
    init: {},
    status: 405,
  },
  { name: 'deciding by GET', path: '/api/decide', init: {}, status: 405 },
  ...['POST', 'PUT', 'DELETE', 'PATCH'].map((method) => ({
    name: `${method} of what is read`,
    init: { method, headers: { origin: ORIGIN } },
    status: 405,
  })),
  // Addresses
  ...[
    '/nothing',
    '/api',
    '/api/',
    '/api/streams/',
    '/..%2f..%2fetc/passwd',
    '/%2e%2e/%2e%2e/package.json',
    '/src/studio/page/main.tsx',
    '/constructor',
    '/__proto__',
  ].map((path) => ({ name: `the path ${path}`, path, init: {}, status: 404 })),
  // Parameters
  ...[
    '/api/streams?limit=0',
    '/api/streams?limit=501',
    '/api/streams?limit=1e2',
    '/api/streams?limit=-1',
    '/api/streams?limit=',
    '/api/streams?limit=99999999999999999999',
    '/api/streams?prefix=%00',
    `/api/streams?prefix=${'x'.repeat(1_001)}`,
    '/api/stream',
    '/api/stream?stream=',
    '/api/stream?stream=nodash',
    '/api/stream?stream=a-%0a',
    `/api/stream?stream=a-${'x'.repeat(300)}`,
    '/api/events?stream=a-1&before=-1',
    '/api/state?stream=a-1&version=2147483648',
    '/api/state?stream=a-1&version=1;drop',
    '/api/correlation',
    '/api/correlation?id=%00',
    '/api/tail?after=9007199254740992',
    '/api/held',
    '/api/outbox',
    '/api/audit?before=0',
  ].map((path) => ({ name: `the address ${path.slice(0, 60)}`, path, init: {}, status: 400 })),
  // Contents
  ...[
    ['', 400],
    ['{', 400],
    ['null', 400],
    ['[]', 400],
    ['"skip"', 400],
    ['{}', 400],
    ['{"action":"drop","subject":"mails"}', 400],
    ['{"action":"skip","subject":"mails"}', 400],
    ['{"action":"skip","subject":"mails","positions":[]}', 400],
    ['{"action":"skip","subject":"mails","positions":[0]}', 400],
    ['{"action":"skip","subject":"mails","positions":["1"]}', 400],
    ['{"action":"skip","subject":"mails","positions":{"length":1}}', 400],
    [`{"action":"skip","subject":"mails","positions":[${'1,'.repeat(1_000)}1]}`, 400],
    ['{"action":"skip","subject":"","positions":[1]}', 400],
    ['{"action":"resume","subject":"\\u0000"}', 400],
    ['{"__proto__":{"action":"resume","subject":"mails"}}', 400],
    [`{"action":"resume","subject":"${'x'.repeat(300_000)}"}`, 413],
    ['{"action":"resume","subject":"a\\nb"}', 400],
    ['{"action":"resume","subject":"mials"}', 404],
  ].map(([body, status]) => ({
    name: `operating with ${String(body).slice(0, 60)}`,
    path: '/api/operate',
    init: { method: 'POST', body: String(body), headers: { ...JSON_TYPE, origin: ORIGIN } },
    status: Number(status),
  })),
  ...[
    '{}',
    '{"stream":"a","version":1,"command":{}}',
    '{"stream":"customer-C1","version":-1,"command":{}}',
    '{"stream":"customer-C1","version":1.5,"command":{}}',
    '{"stream":"customer-C1","version":"1","command":{}}',
    '{"stream":["customer-C1"],"version":1,"command":{}}',
  ].map((body) => ({
    name: `deciding with ${body}`,
    path: '/api/decide',
    init: { method: 'POST', body, headers: { ...JSON_TYPE, origin: ORIGIN } },
    status: 400,
  })),
  {
    name: 'a content that is not JSON',
    path: '/api/operate',
    init: { ...OPERATE, headers: { 'content-type': 'text/plain', origin: ORIGIN } },
    status: 415,
  },
]

describe('the security of the studio', () => {
  it.each(bad)('answers $status to $name', async ({ path = '/api/about', init, status }) => {
    const response = await studio.send(path, init)
    const text = await response.text()
    expect([response.status, text]).toEqual([status, expect.anything()])
    expect(text).not.toMatch(/\n\s+at |\.ts:\d|node_modules|the-token|the-session/)
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(response.headers.get('set-cookie')).toBeNull()
  })

  it('has changed nothing with all of that', async () => {
    const { entries } = await right(backend.operator.audit({ before: 1e9, limit: 99 }))
    // Only what was well-formed was recorded, and it has failed.
    expect(entries.map(({ subject, outcome }) => [subject, outcome])).toEqual([['mials', 'failed']])
    const held = await right(backend.operator.heldEvents('mails', { after: 0, limit: 9 }))
    expect(held.events.map(({ decision }) => decision)).toEqual([undefined])
    expect(await right(backend.store.version('customer-C1'))).toBe(3)
  })

  it('takes the token once for a cookie that scripts and other sites do not get', async () => {
    const response = await studio.send('/?token=the-token', { headers: { cookie: '' } })
    expect(response.status).toBe(303)
    expect(response.headers.get('location')).toBe('/')
    expect(response.headers.get('set-cookie')).toBe(
      'reprise_studio_4000=the-session; HttpOnly; SameSite=Strict; Path=/',
    )
  })

  it('serves a page that may ask no other host and run no script but its own', async () => {
    const response = await studio.send('/')
    expect(response.status).toBe(200)
    const policy = response.headers.get('content-security-policy') ?? ''
    expect(policy).not.toMatch(/unsafe|http|\*|data:/)
    expect(policy).toContain("frame-ancestors 'none'")
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(await response.text()).not.toMatch(
      /<script(?! type="module" src="\/studio\.js">)|style=|https?:/,
    )
    const script = await (await studio.send('/studio.js')).text()
    expect(script).not.toMatch(
      /dangerouslySetInnerHTML:|\.outerHTML|insertAdjacentHTML|document\.write|\beval\(/,
    )
  })

  it('answers its own pages with the licences of what is bundled', async () => {
    expect(await (await studio.send('/licences.txt')).text()).toMatch(
      /^preact [^]*\(MIT\)[^]*virtual-core/,
    )
  })

  it('listens on 127.0.0.1 with a token that is new each time, and ends', async () => {
    const options = { backend, place: '', schema: '', version: '', categories: [], mask: undefined }
    const rest = {
      operator: undefined,
      rebuilds: {
        projections: [],
        list: () => [],
        start: () => () => new Promise<never>(() => undefined),
      },
      explain: () => '',
      now: () => 0,
    }
    const first = await right(startStudio({ ...options, ...rest }, 0))
    const second = await right(startStudio({ ...options, ...rest }, 0))
    const [one, two] = [first, second].map(({ url }) => new URL(url))
    expect(one?.hostname).toBe('127.0.0.1')
    expect(one?.searchParams.get('token')).toMatch(/^[\w-]{43}$/)
    expect(one?.searchParams.get('token')).not.toBe(two?.searchParams.get('token'))
    const opened = await fetch(first.url, { redirect: 'manual' })
    const cookie = opened.headers.get('set-cookie')?.split(';')[0] ?? ''
    const page = await fetch(new URL('/', first.url), { headers: { cookie } })
    expect([opened.status, page.status]).toEqual([303, 200])
    const foreign = `GET / HTTP/1.1\r\nhost: evil.example\r\ncookie: ${cookie}\r\nconnection: close\r\n\r\n`
    expect((await sendRaw(first.url, foreign)).status).toBe(421)
    const taken = await startStudio({ ...options, ...rest }, Number(one?.port))()
    expect(taken).toMatchObject({ left: { _tag: 'NotListening' } })
    await first.close()
    await second.close()
    await expect(fetch(first.url)).rejects.toThrow()
  })
})
