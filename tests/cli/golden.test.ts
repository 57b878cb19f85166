import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { memory } from 'reprise/memory'
import type { OpenedDatabase } from '../../src/adapters/postgres/connection/opened-database'
import { failureNote } from '../../src/core/errors/subscription'
import { horizonFinding, ok, problem } from '../../src/core/operator/finding'
import { type Horizon, holderAdvice } from '../../src/core/operator/horizon'
import { cli } from '../support/cli'
import { right } from '../support/right'
import { appendTicks } from '../support/ticks'

/** REPRISE_GOLDEN=write writes them: look at every line before you commit it. */
const isWriting = process.env['REPRISE_GOLDEN'] === 'write'

// In memory, at a time that stands still: every run prints the same. What PostgreSQL gives is in the other tests.
let time = Date.UTC(2026, 0, 2, 3, 4, 5)
const now = () => time
const side = memory({ now })

const holder = {
  position: 5,
  pid: 4711,
  application: 'import',
  user: 'shop',
  state: 'idle in transaction',
  age: 754_000,
  statement: `insert into "lines_of_the_import" ("id", "file", "line") values ($1, $2, $3), ($4, $5, $6), ($7, $8, $9) on conflict do nothing`,
}
const working = { ...holder, pid: 4712, state: 'active', age: 20 }
const horizon: Horizon = {
  horizon: 5,
  last: 9,
  holders: [holder, working].map((one) => ({ ...one, advice: holderAdvice(one, 10_000) })),
}
const findings = [
  ok('server', 'PostgreSQL 18.4'),
  horizonFinding(horizon),
  problem('server', 'It failed\nin two lines.', 'Fix this,\nthen run the command again.'),
]
const database = {
  ...side,
  store: { ...side.store, locate: () => TE.right(1) },
  operator: {
    ...side.operator,
    horizon: () => TE.right(horizon),
    examine: () => TE.right(findings),
  },
}

beforeAll(async () => {
  await appendTicks(side.store, 'account-2f9c1f7e-8d1b-4b2e-9a7e-0000000000aa', 1, 2)
  await appendTicks(side.store, 'booking-1', 3)
  await appendTicks(side.store, 'booking-2', 4)
  const text = 'The quick brown fox jumps over the lazy dog\nand then goes home: 漢字 ünïcode'
  await right(
    side.store.append({
      streamId: 'note-1',
      expectedVersion: 'any',
      commands: [],
      events: [
        {
          id: '01935c1c-0000-7000-8000-000000000001',
          type: 'SomethingWithAVeryLongNameHappened',
          schemaVersion: 1,
          metadata: {},
          data: { text, amount: 1250, nested: { list: [1, 2, 3], name: 'Lorem ipsum dolor' } },
        },
      ],
    }),
  )
  await held('booking list', ['booking-1', 'booking-2'])
  await held(`it's "so"`, [])
  const stopped = await claimed(`it's "so"`)
  await right(side.subscriptions.stop(stopped, { ...failed(`it's "so"`, 1), position: 1 }))
  await right(
    side.subscriptions.register({
      name: 'a-subscription-with-a-rather-long-name-for-the-warehouse',
      partitions: 2,
      position: 0,
    }),
  )
  time += 95_000
})

const failed = (subscription: string, position: number) => {
  const error = new TypeError('mail is not a function')
  error.stack = [
    'TypeError: mail is not a function',
    ...['send (/app/dist/mails/send.js:12:7)', 'handle (/app/dist/mails/subscription.js:31:9)'],
    ...['step (/app/node_modules/fp-ts/lib/TaskEither.js:56:23)'],
    ...['process.processTicksAndRejections (node:internal/process/task_queues:105:5)'],
  ].join('\n    at ')
  const sql =
    'insert into "mails" ("id", "address", "text") values ($1, $2, $3)\n  on conflict do nothing'
  const message = `${subscription} could not handle the event at position ${position}: ${sql}.`
  return failureNote({ message, cause: error })
}

const claimed = async (name: string) => {
  const { leases } = await right(side.subscriptions.claim(name, 'a1b2c3d4-0000', 3_600_000))
  const [lease] = leases
  if (lease === undefined) throw new Error(`no lease of ${name}`)
  return lease
}

/** Registers a subscription that holds the first event of each of these streams. */
const held = async (name: string, streams: ReadonlyArray<string>): Promise<void> => {
  await right(side.subscriptions.register({ name, partitions: 1, position: 0 }))
  const lease = await claimed(name)
  let after = 0
  for (const [index, streamId] of streams.entries()) {
    const position = 3 + index
    const stream = {
      streamId,
      version: 1,
      position,
      eventId: '01935c1c-0000-7000-8000-00000000000a',
      type: 'Ticked',
      attempts: 5,
      failure: failed(name, position),
    }
    const holding = { _tag: 'Hold', stream } as const
    await right(side.subscriptions.save({ lease, after, position, holding }))
    after = position
  }
}

const commands: ReadonlyArray<ReadonlyArray<string>> = [
  ['--help'],
  ['streams'],
  ['streams', '--limit', '2'],
  ['show', 'note-1'],
  ['tail', '--from', 'start', '--no-follow'],
  ['subscriptions'],
  ['subscriptions', 'booking list'],
  ['subscriptions', `it's "so"`],
  ['subscriptions', 'mials'],
  ['skip', 'booking list'],
  ['retry', 'booking list', '--position', '999'],
  ['pause', 'booking list'],
  ['unpause', 'booking list'],
  ['reset', 'booking list', '--to', '1'],
  ['reset', 'booking list', '--to', '1', '--take-over'],
  ['rename', 'booking list', 'bookings', '--force'],
  ['repartition', 'booking list', '4', '--force'],
  ['remove', 'booking list'],
  ['remove', 'a-subscription-with-a-rather-long-name-for-the-warehouse'],
  ['rollback', 'balances'],
  ['doctor'],
  ['nonsense'],
]

const session = async (columns: number | undefined): Promise<string> => {
  const parts: string[] = []
  for (const command of commands) {
    const { exitCode, out, error } = await cli(
      [...command, '--url', 'postgres://shop@localhost/shop'],
      {
        ...(columns === undefined ? {} : { columns }),
        now,
        connect: () => TE.right(database as unknown as OpenedDatabase),
      },
    )
    const given = command.map((word) => (/^[\w-]+$/.test(word) ? word : JSON.stringify(word)))
    parts.push(`$ reprise ${given.join(' ')}\n${out}${error}(${exitCode})\n`)
  }
  return parts.join('\n')
}

describe('what an operator sees', () => {
  it.each([
    ['on a terminal of 80 columns', 80, '80-columns.txt'],
    ['on a terminal of 120 columns', 120, '120-columns.txt'],
    ['in a file', undefined, 'file.txt'],
  ])('%s is as it was', async (_, columns, file) => {
    const seen = await session(columns)
    const path = join(__dirname, 'golden', file)
    if (isWriting) writeFileSync(path, seen)
    expect(seen).toBe(readFileSync(path, 'utf8'))
    const lines = seen.split('\n').filter((line) => !/^ *(-> npx|[$]) /.test(line))
    expect(lines.filter((line) => line.length > (columns ?? Infinity))).toEqual([])
  })
})
