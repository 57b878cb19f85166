import type { AppendRequest } from '../../core/append'
import type { AppendError } from '../../core/errors/unions'
import { type Suite, forEach } from './suite'
import { failsWith, isMissing, same, succeeds } from './checks'
import { aMark, appendTo, freshCommandId, freshStream, numbered } from './fixtures'

const badStreams: ReadonlyArray<readonly [name: string, id: string]> = [
  ['without any character', ''],
  ['of 256 characters', 'a-'.padEnd(256, 'x')],
  ['of 10,000 characters', 'a-'.padEnd(10_000, 'x')],
  ['with a NUL', 'a-\u0000b'],
  ['with a line break', 'a-\nb'],
  ['with a lone surrogate', 'a-\ud83d'],
  ['without a category', '-a'],
  ['without an id', 'a-'],
  ['without a dash', 'a'],
]

interface Case {
  readonly name: string
  readonly error: Partial<AppendError>
  readonly change: (request: AppendRequest) => Partial<AppendRequest>
}

const malformed = { _tag: 'InvalidAppend' } as const

const versions: ReadonlyArray<Case> = [Number.NaN, -1, 1.5, Infinity, 2_147_483_648].map(
  (expectedVersion) => ({
    name: `an expected version of ${expectedVersion}`,
    error: malformed,
    change: () => ({ expectedVersion }),
  }),
)

const marks: ReadonlyArray<Case> = [
  { name: 'an empty command id', commands: [aMark('', 1)] },
  { name: 'a command id of 256 characters', commands: [aMark('x'.repeat(256), 1)] },
  { name: 'a command id with a NUL', commands: [aMark('a\u0000', 1)] },
  { name: 'a command id with a lone surrogate', commands: [aMark('a\udc00', 1)] },
  { name: 'a mark for more events than there are', commands: [aMark('a', 2, 1)] },
  { name: 'a mark for fewer than no events', commands: [aMark('a', -1)] },
  { name: 'a mark before the first event', commands: [aMark('a', 1, -1)] },
  { name: 'a mark for half an event', commands: [aMark('a', 0.5)] },
  { name: 'a mark that begins within an event', commands: [aMark('a', 1, 0.5)] },
  { name: 'a mark for NaN events', commands: [aMark('a', Number.NaN)] },
  { name: 'two marks with the same command id', commands: [aMark('a', 1), aMark('a', 1, 1)] },
].map(({ name, commands }) => ({ name, error: malformed, change: () => ({ commands }) }))

const requests: ReadonlyArray<Case> = [
  { name: 'neither events nor commands', error: malformed, change: () => ({ events: [] }) },
  {
    name: '100,000 events',
    error: { _tag: 'LimitExceeded', limit: 'eventsPerAppend', maximum: 10_000, actual: 100_000 },
    change: () => ({ events: numbered(100_000) }),
  },
  {
    name: 'one event more than allowed',
    error: { _tag: 'LimitExceeded', limit: 'eventsPerAppend', maximum: 10_000, actual: 10_001 },
    change: () => ({ events: numbered(10_001) }),
  },
]

/** Appends that are invalid as a whole. */
export const badInput: Suite = {
  name: 'invalid appends',
  tests: {
    ...forEach(
      badStreams,
      ([name]) => `rejects a stream id ${name}`,
      ([, id]) =>
        async ({ store }) => {
          const error = { _tag: 'InvalidStreamId', streamId: id }
          await failsWith(store.append(appendTo(id, 'any', numbered(1))), error)
          await failsWith(store.read(id, { after: 0, limit: 1 }), error)
          await failsWith(store.load({ streamId: id, after: 0, limit: 1 }), error)
          const listed = await succeeds(store.streams({ after: id, limit: 10_000 }))
          same(
            listed.filter(({ streamId }) => streamId === id),
            [],
          )
        },
    ),
    ...forEach(
      [...versions, ...marks, ...requests],
      ({ name }) => `rejects ${name}, and stores nothing`,
      ({ error, change }) =>
        async ({ store, second }) => {
          const id = freshStream()
          const request = appendTo(id, 'any', numbered(2))
          const changed = { ...request, ...change(request) }
          await failsWith(store.append(changed), { ...error, streamId: id })
          await isMissing(second, id)
        },
    ),
    'rejects a bad append without recording its command': async ({ store }) => {
      const [id, commandId] = [freshStream(), freshCommandId()]
      const request = appendTo(id, -1, numbered(1), [aMark(commandId, 1)])
      await failsWith(store.append(request), malformed)
      await succeeds(store.append({ ...request, expectedVersion: 0 }))
    },
  },
}
