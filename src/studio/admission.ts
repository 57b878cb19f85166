import { createHash, timingSafeEqual } from 'node:crypto'
import { httpProblem, type Problem } from '../http/problem'

/** Secrets of one run of the studio. */
export interface Secrets {
  /** In the address that is printed. */
  readonly token: string
  /** In the cookie. Another one, so that the cookie says nothing about the address. */
  readonly session: string
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Compares in constant time, whatever the lengths. */
const isSame = (given: string, wanted: string): boolean =>
  timingSafeEqual(digest(given), digest(wanted))

/** The name of the cookie: browsers do not tell the ports of one host apart. */
const cookieName = (host: string): string => `reprise_studio_${host.split(':').at(-1) ?? ''}`

const cookiesOf = (request: Request): ReadonlyMap<string, string> =>
  new Map(
    (request.headers.get('cookie') ?? '').split(';').map((pair) => {
      const [name = '', value = ''] = pair.split('=', 2)
      return [name.trim(), value.trim()] as const
    }),
  )

const LOCAL = /^(?:127\.0\.0\.1|localhost)(?::\d{1,5})?$/

/** Another name that leads to this address (DNS rebinding) is refused. */
const wrongHost = httpProblem(
  421,
  'wrong-host',
  'The studio answers on 127.0.0.1 only, under the address that it has printed.',
)
const wrongOrigin = httpProblem(403, 'wrong-origin', 'Another site must not use the studio.')
const noSession = httpProblem(
  401,
  'no-session',
  'Open the address that the studio has printed: it has the token.',
)

/** Whether a request comes from the studio's own pages, or from the address bar. `undefined`: it does. */
const originProblem = (request: Request, host: string): Problem | undefined => {
  const origin = request.headers.get('origin')
  if (origin !== null && origin !== `http://${host}`) return wrongOrigin
  const site = request.headers.get('sec-fetch-site')
  if (site !== null && site !== 'same-origin' && site !== 'none') return wrongOrigin
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  return !isRead && origin === null ? wrongOrigin : undefined
}

/** What becomes of a request before any route sees it. */
export type Admission =
  | { readonly _tag: 'Admitted' }
  | { readonly _tag: 'Refused'; readonly problem: Problem }
  /** The token was right: with this cookie the browser goes on, at an address without it. */
  | { readonly _tag: 'SignedIn'; readonly cookie: string }

/** Host, origin, token and cookie. */
export const admit = (request: Request, url: URL, { token, session }: Secrets): Admission => {
  const host = request.headers.get('host') ?? ''
  if (!LOCAL.test(host)) return { _tag: 'Refused', problem: wrongHost }
  const problem = originProblem(request, host)
  if (problem !== undefined) return { _tag: 'Refused', problem }
  const given = url.searchParams.get('token')
  if (given !== null && url.pathname === '/' && request.method === 'GET') {
    if (!isSame(given, token)) return { _tag: 'Refused', problem: noSession }
    const cookie = `${cookieName(host)}=${session}; HttpOnly; SameSite=Strict; Path=/`
    return { _tag: 'SignedIn', cookie }
  }
  return isSame(cookiesOf(request).get(cookieName(host)) ?? '', session)
    ? { _tag: 'Admitted' }
    : { _tag: 'Refused', problem: noSession }
}
