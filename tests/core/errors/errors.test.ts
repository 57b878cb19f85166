import {
  commandAlreadyHandled,
  commandIdReused,
  versionConflict,
  versionConflicts,
} from '../../../src/core/errors/conflict'
import { deciderThrew, rejected } from '../../../src/core/errors/decision'
import { limitExceeded, undecodableEvent, unencodableEvent } from '../../../src/core/errors/event'
import { snapshotImpossible, versionNotReached } from '../../../src/core/errors/replay'
import { invalidAppend, invalidCommand, invalidStreamId } from '../../../src/core/errors/invalid'
import {
  isIsolatable,
  overloaded,
  projectionFailed,
  storeFailed,
} from '../../../src/core/errors/store'

const issues = [{ path: 'a', message: 'is wrong' }]
const place = { streamId: 'a-1', version: 2, position: 9, type: 'Opened', schemaVersion: 1 }

describe('every error', () => {
  it.each([
    [
      versionConflict('a-1', 2, 3),
      { expected: 2, actual: 3, attempts: 1 },
      'a-1 is at version 3; the expected version was 2 (1 attempt). Nothing was written.',
    ],
    [
      versionConflict('a-1', 'mustExist', 0, 4),
      { expected: 'mustExist', actual: 0, attempts: 4 },
      'a-1 is at version 0; the expected version was mustExist (4 attempts). Nothing was written.',
    ],
    [
      versionConflicts([{ streamId: 'a-1', expected: 2, actual: 3 }]),
      { streams: [{ streamId: 'a-1', expected: 2, actual: 3 }], attempts: 1 },
      'a-1 is at version 3; the expected version was 2 (1 attempt). Nothing was written.',
    ],
    [
      versionConflicts(
        Array.from({ length: 12 }, () => ({ streamId: 'a', expected: 0, actual: 1 })),
        2,
      ),
      { attempts: 2 },
      `${'a is at version 1; the expected version was 0; '.repeat(10)}and 2 more (2 attempts). Nothing was written.`,
    ],
    [
      invalidAppend('', 'it names no stream'),
      { streamId: '', reason: 'it names no stream' },
      'The append is not valid: it names no stream. Nothing was written.',
    ],
    [
      commandAlreadyHandled('a-1', 'c', { after: 2, eventCount: 3 }),
      { commandId: 'c', after: 2, eventCount: 3 },
      'a-1 has already handled command c (3 events after version 2).',
    ],
    [
      commandIdReused('a-1', 'c'),
      { streamId: 'a-1', commandId: 'c' },
      'a-1 has handled another command under the id c. Nothing was written.',
    ],
    [
      rejected('a-1', 2, { _tag: 'TooLow', balance: 1 }),
      { version: 2, rejection: { _tag: 'TooLow', balance: 1 } },
      'a-1 rejected the command at version 2: TooLow.',
    ],
    [
      rejected('a-1', 2, {
        _tag: 'left/TooLow',
        key: 'left',
        rejection: { _tag: 'TooLow', key: 'A1', rejection: { _tag: 'TooLow', balance: 1 } },
      }),
      { rejection: { _tag: 'left/TooLow', key: 'left' } },
      'a-1 rejected the command at version 2: left/A1/TooLow.',
    ],
    [rejected('a-1', 2, 'no'), { rejection: 'no' }, 'a-1 rejected the command at version 2: "no".'],
    [
      rejected('a-1', 2, { reason: 'no' }),
      { rejection: { reason: 'no' } },
      'a-1 rejected the command at version 2: an object.',
    ],
    [rejected('a-1', 2, null), { rejection: null }, 'a-1 rejected the command at version 2: null.'],
    [
      deciderThrew('a-1', 2, 'evolve', new Error('oh')),
      { during: 'evolve', version: 2 },
      'evolve threw on a-1 at version 2: oh.',
    ],
    [
      undecodableEvent(place, issues),
      { ...place, issues },
      'Event 2 of a-1 (Opened, schema version 1, position 9) cannot be decoded: a: is wrong.',
    ],
    [
      unencodableEvent('a-1', 3, 'Opened', issues),
      { index: 3, type: 'Opened', issues },
      'Event 3 (Opened) for a-1 cannot be stored: a: is wrong.',
    ],
    [
      limitExceeded('a-1', 'eventSize', 10, 11),
      { limit: 'eventSize', maximum: 10, actual: 11 },
      'The append to a-1 exceeds the limit eventSize: 11, the maximum is 10. Nothing was written.',
    ],
    [
      versionNotReached('a-1', 5, 2),
      { version: 5, actual: 2 },
      'a-1 is at version 2; version 5 was requested.',
    ],
    [
      snapshotImpossible('a-1', 'there is no codec'),
      { reason: 'there is no codec' },
      'No snapshot of a-1 can be taken: there is no codec.',
    ],
    [invalidCommand(issues), { issues }, 'The command is not valid: a: is wrong.'],
    [
      invalidStreamId('a', 'it is short'),
      { streamId: 'a', reason: 'it is short' },
      '"a" is not a valid stream id: it is short.',
    ],
    [
      invalidAppend('a-1', 'it is empty'),
      { streamId: 'a-1', reason: 'it is empty' },
      'The append to a-1 is not valid: it is empty. Nothing was written.',
    ],
    [
      storeFailed('ConnectionLost', 'unknown', new Error('gone')),
      { reason: 'ConnectionLost', outcome: 'unknown', cause: new Error('gone') },
      'The store failed (ConnectionLost): gone. The outcome is unknown.',
    ],
    [
      storeFailed('NotMigrated', 'nothingWritten', 'x', 'run reprise migrate'),
      { reason: 'NotMigrated', outcome: 'nothingWritten', cause: 'x' },
      'The store failed (NotMigrated): run reprise migrate. Nothing was written.',
    ],
    [
      projectionFailed('names', 'taken'),
      { projection: 'names', cause: 'taken' },
      'The inline projection names failed, so nothing was written: "taken".',
    ],
    [
      overloaded('a-1', 7),
      { queue: 'a-1', depth: 7 },
      'The queue of a-1 is full (7 waiting). Nothing was written. Retry later.',
    ],
  ])('carries its data and says it in words: %j', (error, data, message) => {
    expect(error).toMatchObject({ ...data, message })
  })

  it('has a tag of its own', () => {
    const tags = [
      versionConflict('a-1', 0, 1),
      commandAlreadyHandled('a-1', 'c', { after: 0, eventCount: 1 }),
      commandIdReused('a-1', 'c'),
      rejected('a-1', 0, 'no'),
      deciderThrew('a-1', 0, 'decide', 'oh'),
      undecodableEvent(place, issues),
      unencodableEvent('a-1', 0, 'Opened', issues),
      limitExceeded('a-1', 'streamVersion', 1, 2),
      versionNotReached('a-1', 5, 2),
      snapshotImpossible('a-1', 'x'),
      invalidCommand(issues),
      invalidStreamId('a', 'x'),
      invalidAppend('a-1', 'x'),
      storeFailed('Unexpected', 'unknown', 'x'),
      projectionFailed('names', 'x'),
      overloaded('a-1', 7),
    ].map(({ _tag }) => _tag)
    expect(new Set(tags).size).toBe(tags.length)
  })
})

describe('a failure of the store', () => {
  it.each([
    ['Unexpected', true],
    ['TimedOut', true],
    ['TransactionRefused', true],
    ['Unavailable', false],
    ['AccessDenied', false],
    ['NotMigrated', false],
  ] as const)('may have been caused by one of several requests: %s is %s', (reason, isolatable) => {
    expect(isIsolatable(storeFailed(reason, 'nothingWritten', 'x'))).toBe(isolatable)
  })

  it('is not narrowed down when something may have been written', () => {
    expect(isIsolatable(storeFailed('TimedOut', 'unknown', 'x'))).toBe(false)
  })
})
