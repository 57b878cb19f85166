import * as E from 'fp-ts/Either'
import { memory } from '../../../src/adapters/memory/backend'
import { versionConflict } from '../../../src/core/errors/conflict'
import { versionFits } from '../../../src/core/expected-version'
import type { EventStore, StoredSnapshot } from '../../../src/core/ports/event-store'
import { answering, type BrokenStore } from './broken-store'

const anySnapshotWins = (): EventStore => {
  const saved = new Map<string, StoredSnapshot>()
  const store = memory().store
  return {
    ...store,
    saveSnapshot: (snapshot) => () => {
      saved.set(`${snapshot.streamId} ${snapshot.schemaVersion}`, structuredClone(snapshot))
      return store.saveSnapshot(snapshot)()
    },
    load: (request) => async () => {
      const loaded = await store.load(request)()
      if (E.isLeft(loaded) || loaded.right.snapshot === undefined) return loaded
      const { streamId, schemaVersion } = loaded.right.snapshot
      return E.right({
        ...loaded.right,
        snapshot: saved.get(`${streamId} ${schemaVersion}`) ?? loaded.right.snapshot,
      })
    },
  }
}

export const brokenCommands: ReadonlyArray<BrokenStore> = [
  {
    defect: 'forgets the commands that were carried out',
    store: () =>
      answering(
        'append',
        ({ append }) =>
          (request) =>
            request.events.length === 0 ? append(request) : append({ ...request, commands: [] }),
      ),
    noticedBy: [
      'command marks: rejects a command that was handled before, and reports its events',
      'command marks: handles a command once when eight callers send it at once',
      'loads: answers whether a command was handled, whatever else is loaded',
    ],
  },
  {
    defect: 'forgets the fingerprints of commands',
    store: () =>
      answering(
        'append',
        ({ append }) =>
          (request) =>
            append({
              ...request,
              commands: request.commands.map(({ fingerprint: _forgotten, ...mark }) => mark),
            }),
      ),
    noticedBy: [
      'command ids: stores the fingerprint of every command, and returns it with what was handled',
      'command ids: stores the fingerprint of a single command that gave no events',
      'command ids: rejects an invalid fingerprint',
    ],
  },
  {
    defect: 'forgets commands that gave no events',
    store: () =>
      answering(
        'append',
        ({ append }) =>
          (request) =>
            append({
              ...request,
              commands: request.commands.filter(
                ({ eventCount }) => eventCount > 0 || request.events.length === 0,
              ),
            }),
      ),
    noticedBy: ['command ids: records several commands of one append, each with its own events'],
  },
  {
    defect: 'remembers commands for the whole store instead of the stream',
    store: () => {
      const known = new Set<string>()
      return answering('append', ({ append }) => (request) => async () => {
        const twice = request.commands.find(({ commandId }) => known.has(commandId))
        if (twice !== undefined) {
          return E.left(versionConflict(request.streamId, request.expectedVersion, 0))
        }
        const answer = await append(request)()
        if (E.isRight(answer)) for (const { commandId } of request.commands) known.add(commandId)
        return answer
      })
    },
    noticedBy: ['command ids: takes the same command id on another stream'],
  },
  {
    defect: 'looks at the version before it looks for the command',
    store: () =>
      answering('append', (store) => (request) => async () => {
        const page = await store.read(request.streamId, { after: 0, limit: 100_000 })()
        const actual = E.isRight(page) ? page.right.events.length : 0
        return versionFits(request.expectedVersion, actual)
          ? store.append(request)()
          : E.left(versionConflict(request.streamId, request.expectedVersion, actual))
      }),
    noticedBy: ['command marks: checks the command id before it checks the version'],
  },
  {
    defect: 'lets an older snapshot win',
    store: anySnapshotWins,
    noticedBy: [
      'snapshots: keeps a snapshot when an older one comes in late',
      'snapshots: keeps the latest of ten snapshots saved at once',
    ],
  },
  {
    defect: 'gives a snapshot whatever its schema version',
    store: () =>
      answering(
        'load',
        ({ load }) =>
          (request) =>
            load(
              request.snapshotSchema === undefined ? request : { ...request, snapshotSchema: 1 },
            ),
      ),
    noticedBy: [
      'loads: gives no snapshot of another schema version',
      'snapshots: keeps one snapshot for each schema version',
    ],
  },
]
