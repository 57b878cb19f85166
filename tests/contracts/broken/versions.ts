import * as E from 'fp-ts/Either'
import { versionConflict } from '../../../src/core/errors/conflict'
import { versionFits } from '../../../src/core/expected-version'
import type { EventStore } from '../../../src/core/ports/event-store'
import { answering, type BrokenStore, reading, tick } from './broken-store'

/** Looks at the version first, and appends a moment later, to whatever is there by then. */
const checkThenAct = (): EventStore =>
  answering('append', (store) => (request) => async () => {
    const { streamId, expectedVersion } = request
    const page = await store.read(streamId, { after: 0, limit: 100_000 })()
    const actual = E.isRight(page) ? page.right.events.length : 0
    if (!versionFits(expectedVersion, actual)) {
      return E.left(versionConflict(streamId, expectedVersion, actual))
    }
    await tick()
    return store.append({ ...request, expectedVersion: 'any' })()
  })

export const brokenVersions: ReadonlyArray<BrokenStore> = [
  {
    defect: 'ignores the expected version',
    store: () =>
      answering(
        'append',
        ({ append }) =>
          (request) =>
            append({ ...request, expectedVersion: 'any' }),
      ),
    noticedBy: [
      'expected versions: rejects 1 on a stream at 2, says so, and writes nothing',
      'races: lets exactly one of ten creators win when mustNotExist is expected',
      'races: loses no update when eight writers read, decide and try again',
    ],
  },
  {
    defect: 'takes mustExist for any',
    store: () =>
      answering(
        'append',
        ({ append }) =>
          (request) =>
            append(
              request.expectedVersion === 'mustExist'
                ? { ...request, expectedVersion: 'any' }
                : request,
            ),
      ),
    noticedBy: [
      'expected versions: rejects mustExist on a stream that does not exist, and writes nothing',
      'races: stores none of ten concurrent appends to a missing stream that must exist',
    ],
  },
  {
    defect: 'checks the version, and acts a moment later',
    store: checkThenAct,
    noticedBy: [
      'races: lets exactly one of ten creators win when mustNotExist is expected',
      'races: lets exactly one of ten creators win when 0 is expected',
      'races: lets exactly one of ten appends at the same version win',
      'defects known from elsewhere: reports a conflict as a conflict',
      'command marks: checks the command id before it checks the version',
    ],
  },
  {
    defect: 'numbers two events alike (as without a unique stream and version)',
    store: () =>
      reading((events) =>
        events.map((event) => (event.version === 2 ? { ...event, version: 1 } : event)),
      ),
    noticedBy: [
      'defects known from elsewhere: never has two events of the same version in a stream',
    ],
  },
  {
    defect: 'leaves gaps between versions',
    store: () =>
      reading((events) => events.map((event) => ({ ...event, version: event.version * 2 - 1 }))),
    noticedBy: ['appends: numbers versions without a gap over many appends'],
  },
  {
    defect: 'has a clock that goes back',
    store: () => {
      let time = Date.now()
      return reading((events) => events.map((event) => ({ ...event, recordedAt: (time -= 1000) })))
    },
    noticedBy: ['appends: never gives a recorded time that goes back within a stream'],
  },
]
