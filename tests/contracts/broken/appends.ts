import * as E from 'fp-ts/Either'
import { type JsonObject, toJsonObject } from '../../../src/core/json'
import type { EventStore } from '../../../src/core/ports/event-store'
import type { StoredEvent } from '../../../src/core/recorded-event'
import { answering, type BrokenStore, reading, tick } from './broken-store'

const bent = (data: JsonObject): JsonObject => {
  const text = JSON.stringify(data).replaceAll('\\ud800', '\ufffd')
  const parsed: unknown = JSON.parse(text)
  return E.getOrElse((): JsonObject => ({}))(toJsonObject(parsed))
}

/** Keeps the events one by one: others see half an append, and a bad event leaves the good ones behind. */
const oneByOne = (): EventStore =>
  answering('append', (store) => (request) => async () => {
    const [first, ...rest] = request.events
    if (first === undefined || rest.length === 0) return store.append(request)()
    const begun = await store.append({ ...request, events: [first], commands: [] })()
    if (E.isLeft(begun)) return begun
    await tick()
    const ended = await store.append({ ...request, expectedVersion: 'any', events: rest })()
    if (E.isLeft(ended)) return ended
    return E.right({
      ...ended.right,
      positions: [...begun.right.positions, ...ended.right.positions],
    })
  })

export const brokenAppends: ReadonlyArray<BrokenStore> = [
  {
    defect: 'reverses the events of an append (as Incident did)',
    store: () =>
      answering(
        'append',
        ({ append }) =>
          (request) =>
            append({ ...request, events: request.events.toReversed() }),
      ),
    noticedBy: [
      'appends: keeps the events of one append in the order given',
      'defects known from elsewhere: does not reverse the events of one command',
    ],
  },
  {
    defect: 'keeps the events of an append one by one',
    store: oneByOne,
    noticedBy: [
      'events that cannot be stored: rejects an event with NaN, and stores nothing',
      'reading while others write: shows a stream that only ever grows by whole appends',
      'races: stores ten concurrent appends to a stream that must exist',
    ],
  },
  {
    defect: 'hands out what it keeps, unprotected',
    store: () => {
      const kept = new Map<string, StoredEvent>()
      return reading((events) =>
        events.map((event) => {
          const known = kept.get(event.id) ?? structuredClone(event)
          kept.set(event.id, known)
          return known
        }),
      )
    },
    noticedBy: [
      'changing values afterwards: gives every reader the events as they are, whatever readers did before',
    ],
  },
  {
    defect: 'drops keys of the metadata that it does not know well',
    store: () =>
      reading((events) =>
        events.map(({ metadata: { extra: _extra, ...metadata }, ...event }) => ({
          ...event,
          metadata,
        })),
      ),
    noticedBy: ['stored data: returns every key of the metadata'],
  },
  {
    defect: 'writes a lone surrogate as a question mark instead of refusing it',
    store: () =>
      answering(
        'append',
        ({ append }) =>
          (request) =>
            append({
              ...request,
              events: request.events.map((event) => ({
                ...event,
                data: bent(event.data),
              })),
            }),
      ),
    noticedBy: [
      'events that cannot be stored: rejects an event with a lone surrogate in text, and stores nothing',
      'events that cannot be stored: rejects an event with NaN, and stores nothing',
    ],
  },
  {
    defect: 'creates a stream by a command without events',
    store: () =>
      answering(
        'append',
        ({ append }) =>
          (request) =>
            append(
              request.events.length === 0 && request.commands.length > 0
                ? {
                    ...request,
                    events: [
                      {
                        id: crypto.randomUUID(),
                        type: 'Noop',
                        schemaVersion: 1,
                        data: {},
                        metadata: {},
                      },
                    ],
                  }
                : request,
            ),
      ),
    noticedBy: ['command marks: does not create a stream by a command without events'],
  },
]
