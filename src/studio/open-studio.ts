import * as E from 'fp-ts/Either'
import type { TaskEither } from 'fp-ts/TaskEither'
import { readJson } from '../http/json-body'
import { httpProblem, type Problem, problemResponse } from '../http/problem'
import { admit, type Secrets } from './admission'
import type { About } from './answers'
import { assets } from './assets'
import { decideAgain } from './decide-route'
import type { Environment, StudioOptions } from './environment'
import { operate } from './operate-route'
import { audit, held, outbox, projections, subscriptions } from './read-side-routes'
import { openStates } from './states'
import {
  categories,
  correlation,
  event,
  events,
  type Route,
  state,
  stream,
  streams,
  tail,
} from './stream-routes'

const about: Route =
  ({ place, schema, version, categories: known, rebuilds, operator, mask, now }) =>
  () => {
    const answer: About = {
      ...{ place, schema, version },
      deciders: known.map(({ name }) => name).sort(),
      projections: rebuilds.projections,
      masked: mask !== undefined,
      now: now(),
      ...(operator === undefined ? {} : { operator }),
    }
    return Promise.resolve(E.right(answer))
  }

/** What is read: by GET, and it changes nothing. */
const reads: ReadonlyMap<string, Route> = new Map([
  ['/api/about', about],
  ['/api/streams', streams],
  ['/api/categories', categories],
  ['/api/stream', stream],
  ['/api/events', events],
  ['/api/event', event],
  ['/api/state', state],
  ['/api/correlation', correlation],
  ['/api/tail', tail],
  ['/api/subscriptions', subscriptions],
  ['/api/held', held],
  ['/api/outbox', outbox],
  ['/api/projections', projections],
  ['/api/audit', audit],
])

type Post = (environment: Environment, content: unknown) => TaskEither<Problem, unknown>

/** What has a content: by POST. */
const posts: ReadonlyMap<string, Post> = new Map<string, Post>([
  ['/api/decide', decideAgain],
  ['/api/operate', operate],
])

/** A page of these headers asks no other host for anything, and runs no script but its own. */
const SAFETY: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
  'cache-control': 'no-store',
}

const respond = (
  status: number,
  content: string | null,
  headers: Readonly<Record<string, string>>,
): Response => new Response(content, { status, headers: { ...SAFETY, ...headers } })

const json = (value: unknown): Response =>
  respond(200, JSON.stringify(value), { 'content-type': 'application/json; charset=utf-8' })

const refusal = (problem: Problem, headers: Readonly<Record<string, string>> = {}): Response =>
  problemResponse(problem, { ...SAFETY, ...headers })

const notFound = httpProblem(404, 'not-found', 'There is nothing at this address.')

const wrongMethod = (allowed: string): Response =>
  refusal(httpProblem(405, 'wrong-method', `The method must be ${allowed}.`), { allow: allowed })

const answerOf = async (answer: TaskEither<Problem, unknown>): Promise<Response> => {
  const answered = await answer()
  return E.isRight(answered) ? json(answered.right) : refusal(answered.left)
}

const MOST_CONTENT = 262_144

/** A person who opens an address without the token sees a text, not a problem document. */
const unadmitted = (problem: Problem, url: URL): Response =>
  problem.status === 401 && !url.pathname.startsWith('/api/')
    ? respond(401, `${problem.detail ?? ''}\n`, { 'content-type': 'text/plain; charset=utf-8' })
    : refusal(problem)

/**
 * The studio as a handler of web-standard requests: its page, and what the page asks for. Only requests to this machine's
 * own address, from the studio's own page or the address bar, and with the token or the cookie that it gives, are
 * answered. What is read is read by GET, and no GET changes anything. It never throws.
 */
export const openStudio = (options: StudioOptions, secrets: Secrets) => {
  const environment: Environment = { ...options, states: openStates(options.backend.store) }

  return async (request: Request): Promise<Response> => {
    const url = new URL(request.url)
    const admission = admit(request, url, secrets)
    switch (admission._tag) {
      case 'Refused':
        return unadmitted(admission.problem, url)
      case 'SignedIn':
        return respond(303, null, { location: '/', 'set-cookie': admission.cookie })
      case 'Admitted':
        break
    }
    const { pathname, searchParams } = url
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    const asset = assets.get(pathname)
    const read = reads.get(pathname)
    if (asset !== undefined || read !== undefined) {
      if (!isRead) return wrongMethod('GET')
      return asset === undefined
        ? answerOf((read ?? about)(environment, searchParams))
        : respond(200, asset.content, { 'content-type': asset.type })
    }
    const post = posts.get(pathname)
    if (post === undefined) return refusal(notFound)
    if (request.method !== 'POST') return wrongMethod('POST')
    const content = await readJson(request, { maximumSize: MOST_CONTENT })
    return E.isLeft(content) ? refusal(content.left) : answerOf(post(environment, content.right))
  }
}
