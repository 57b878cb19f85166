import { describeIssues } from 'reprise/codec'
import {
  invalidAppend,
  invalidStreamId,
  limitExceeded,
  overloaded,
  projectionFailed,
  storeFailed,
  type StoreFailure,
  unencodableEvent,
  versionConflict,
} from 'reprise/adapter'
import { httpProblem, problem, problemResponse, type RequestError } from 'reprise/http'
import { boundaryConflict, commandIdReused } from '../../src/core/errors/conflict'
import { deciderThrew, rejected } from '../../src/core/errors/decision'
import { undecodableEvent } from '../../src/core/errors/event'
import { invalidCommand, invalidQuery } from '../../src/core/errors/invalid'
import {
  projectionNotBuilt,
  projectionOutdated,
  undecodableDocument,
} from '../../src/core/errors/projection'
import { versionNotReached } from '../../src/core/errors/replay'
import {
  eventParked,
  notReachedYet,
  subscriptionRemoved,
  subscriptionStopped,
} from '../../src/core/errors/subscription'

/** What must never be shown: it is in the causes of all errors below. */
const SECRET = 'select secret from events'
const cause = new Error(SECRET)
const issues = [{ path: 'lines.0.amount', message: SECRET }]
const failure = { message: SECRET, stack: cause.stack ?? '' }
const event = {
  streamId: 'card-G1',
  version: 3,
  position: 7,
  type: 'Redeemed',
  schemaVersion: 1,
}

type Rejection =
  | { readonly _tag: 'BalanceTooLow'; readonly balance: number }
  | { readonly _tag: 'linen/NoneLeft' }
  | 'TooMuch'
  | 7
type Case = readonly [RequestError<Rejection>, number, string, boolean]

const cases: ReadonlyArray<Case> = [
  [invalidStreamId('card-', 'the id after the category is empty'), 400, 'invalid-id', false],
  [versionNotReached('card-G1', 9, 3), 404, 'version-not-reached', false],
  [versionConflict('card-G1', 2, 3, 10), 409, 'version-conflict', false],
  [boundaryConflict([{ tags: ['card'] }], 3, 10), 409, 'boundary-conflict', false],
  [invalidQuery(SECRET), 500, 'internal-error', false],
  [limitExceeded('card-G1', 'eventSize', 10, 11), 413, 'too-much-to-store', false],
  [limitExceeded('card-G1', 'eventsPerAppend', 10, 11), 413, 'too-much-to-store', false],
  [limitExceeded('card-G1', 'appendSize', 10, 11), 413, 'too-much-to-store', false],
  [limitExceeded('card-G1', 'streamVersion', 10, 11), 500, 'internal-error', false],
  [commandIdReused('card-G1', 'key'), 422, 'idempotency-key-reused', false],
  [
    rejected<Rejection>('card-G1', 3, { _tag: 'BalanceTooLow', balance: 5 }),
    422,
    'balance-too-low',
    false,
  ],
  [rejected<Rejection>('card-G1', 3, 'TooMuch'), 422, 'too-much', false],
  [rejected<Rejection>('floor-1', 3, { _tag: 'linen/NoneLeft' }), 422, 'linen/none-left', false],
  [rejected<Rejection>('card-G1', 3, 7), 422, 'rejected', false],
  [overloaded('card-G1', 10_000), 503, 'overloaded', true],
  [notReachedYet('balances', 9, 7), 503, 'not-reached-yet', true],
  [eventParked('balances', { ...event, failure }), 503, 'read-model-unavailable', false],
  [subscriptionStopped('balances', 0, failure), 503, 'read-model-unavailable', false],
  [subscriptionRemoved('balances'), 503, 'read-model-unavailable', false],
  [projectionOutdated('balances', 1, 2), 503, 'read-model-unavailable', false],
  [projectionNotBuilt('balances', 2, 1), 503, 'read-model-unavailable', false],
  [undecodableDocument('balances', 'G1', issues), 500, 'internal-error', false],
  [undecodableEvent(event, issues), 500, 'internal-error', false],
  [unencodableEvent('card-G1', 0, 'Redeemed', issues), 500, 'internal-error', false],
  [invalidAppend('card-G1', SECRET), 500, 'internal-error', false],
  [deciderThrew('card-G1', 3, 'decide', cause), 500, 'internal-error', false],
  [projectionFailed('names', cause), 500, 'internal-error', false],
]

const unavailable: ReadonlyArray<StoreFailure> = [
  'Unavailable',
  'PoolExhausted',
  'ConnectionLost',
  'NotMigrated',
  'AccessDenied',
  'TransactionRefused',
  'TransactionAborted',
  'TransactionIdle',
  'TimedOut',
  'ReadOnlyReplica',
  'SequenceBehind',
  'LocksNotVisible',
  'SchemaRenamed',
  'MasterKeyUnavailable',
  'MasterKeyWrong',
  'SubjectKeyMissing',
  'InvalidSchemaName',
]
const defects: ReadonlyArray<StoreFailure> = ['DataRefused', 'CorruptRow', 'Unexpected']
const failedStores: ReadonlyArray<Case> = [
  ...unavailable.map((reason): Case => [
    storeFailed(reason, 'nothingWritten', cause),
    503,
    'store-unavailable',
    true,
  ]),
  ...defects.map((reason): Case => [
    storeFailed(reason, 'nothingWritten', cause),
    500,
    'internal-error',
    false,
  ]),
  ...[...unavailable, ...defects].map((reason): Case => [
    storeFailed(reason, 'unknown', cause),
    504,
    'outcome-unknown',
    false,
  ]),
]

const named = [...cases, ...failedStores].map(([error, status, code, retries]) => ({
  name: `${error._tag}${'reason' in error ? ` (${error.reason})` : ''}`,
  error,
  status,
  code,
  retries,
}))

describe('the problem of an error', () => {
  it.each(named)(
    'shows none of its causes: $name is $status $code',
    async ({ error, status, code, retries }) => {
      const response = problemResponse(problem(error))
      const text = await response.text()
      expect(response.status).toBe(status)
      expect(response.headers.get('content-type')).toBe('application/problem+json')
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(response.headers.get('retry-after')).toBe(retries ? '1' : null)
      expect(JSON.parse(text)).toMatchObject({ type: 'about:blank', status, code })
      expect(text).not.toContain('select')
      expect(text).not.toContain('card-G1')
      expect(text).not.toMatch(/\\n\s+at |\.[jt]s:\d/)
    },
  )

  it('has every issue of a command, with a JSON pointer', () => {
    const command = { 'a/b': { 'c.d': [{ '~': 1 }] }, lines: [{ amount: 'x' }] }
    const paths = ['lines.0.amount', 'lines.0.0.amount', 'a/b.c.d.0.~', 'missing.key', 'ä', '']
    const error = invalidCommand(paths.map((path) => ({ path, message: `at ${path}` })))
    expect(problem<never>(error, {}, { command })).toEqual({
      type: 'about:blank',
      title: 'Bad Request',
      status: 400,
      code: 'invalid-command',
      detail: 'The command is not valid. Nothing was changed.',
      errors: [
        { pointer: '#/lines/0/amount', detail: 'at lines.0.amount' },
        { pointer: '#/lines/0/amount', detail: 'at lines.0.0.amount' }, // a branch of a union
        { pointer: '#/a~1b/c.d/0/~0', detail: 'at a/b.c.d.0.~' },
        { pointer: '#/missing/key', detail: 'at missing.key' },
        { pointer: '#/%C3%A4', detail: 'at ä' },
        { pointer: '#', detail: 'at ' },
      ],
    })
    expect(describeIssues(error.issues)).toContain('at lines')
  })

  it('is 412 for a precondition of the request that does not hold, and 409 for one that does', () => {
    const conflict = versionConflict('card-G1', 3, 4)
    const holdsAt = (version: number): boolean => version === 3
    expect(problem<never>(conflict, {}, { options: { holdsAt } })).toMatchObject({
      status: 412,
      code: 'precondition-failed',
      entityTag: '"4"',
    })
    expect(problem<never>(conflict, {}, { options: { holdsAt: () => true } }).status).toBe(409)
    expect(
      problem<never>(versionConflict('card-G1', 'mustExist', 0), {}, { options: { holdsAt } }),
    ).toMatchObject({ status: 412, entityTag: null })
  })

  it('invites a command with an idempotency key to come again when its outcome is unknown', () => {
    const error = storeFailed('ConnectionLost', 'unknown', cause)
    const shown = problem<never>(error, { retryAfter: 3 }, { options: { commandId: 'a' } })
    expect(shown).toMatchObject({ status: 504, retryAfter: 3 })
    expect(problemResponse(shown).headers.get('retry-after')).toBe('3')
  })

  it('is what the application makes of a rejection', () => {
    const error = rejected<Rejection>('card-G1', 3, { _tag: 'BalanceTooLow', balance: 5 })
    const shown = problem(error, {
      types: 'https://api.example.com/problems/',
      rejected: (rejection) => ({
        status: 409,
        title: 'The balance is too low',
        extensions: { rejection: Object(rejection), status: 7, type: 'x' },
      }),
    })
    expect(shown).toEqual({
      type: 'https://api.example.com/problems/balance-too-low',
      title: 'The balance is too low',
      status: 409,
      code: 'balance-too-low',
      detail: 'The command was rejected. Nothing was changed.',
      rejection: { _tag: 'BalanceTooLow', balance: 5 },
    })
  })

  it('is what the application makes of any other error', () => {
    const error = projectionFailed('names', { _tag: 'NameTaken' })
    const shown = problem<never>(error, {
      explain: (failed) =>
        failed._tag === 'ProjectionFailed' ? { status: 409, code: 'name-taken' } : undefined,
    })
    expect(shown).toMatchObject({ status: 409, title: 'Conflict', code: 'name-taken' })
    const other = problem<never>(overloaded('card-G1', 1), { explain: () => undefined })
    expect(other).toMatchObject({ status: 503, code: 'overloaded' })
  })

  it.each([
    [
      'throws',
      () => {
        throw cause
      },
    ],
    ['gives no record', () => null as never],
  ])(
    'is an internal error, or the default, when the function of the application %s',
    (_name, map) => {
      const error = rejected<Rejection>('card-G1', 3, 'TooMuch')
      const { status, detail } = problem(error, { rejected: map })
      expect([500, 422]).toContain(status)
      expect(detail).not.toContain(SECRET)
    },
  )

  it.each([0, 200, 399, 600, NaN, 422.5])(
    'has a status of an error, whatever is given: %s',
    (status) => {
      const error = rejected<Rejection>('card-G1', 3, 'TooMuch')
      const response = problemResponse(problem(error, { rejected: () => ({ status }) }))
      expect(response.status).toBeGreaterThanOrEqual(400)
      expect(response.status).toBeLessThanOrEqual(599)
    },
  )

  it('is an internal error when it is not JSON', async () => {
    const circular: Record<string, unknown> = {}
    circular['self'] = circular
    const response = problemResponse({ ...httpProblem(409, 'x'), circular: circular as never })
    expect(response.status).toBe(500)
    expect(await response.json()).toMatchObject({ status: 500, code: 'internal-error' })
  })
})
