import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import {
  type AnyNotice,
  fromStart,
  openCategory,
  projectionReader,
  runProjection,
  runSubscription,
  runWorkers,
  untilReached,
} from 'reprise'
import { stateCodec } from 'reprise/codec'
import * as t from 'io-ts'
import { memory } from '../../../src/adapters/memory/backend'
import { sharded } from '../../../src/adapters/sharded/backend'
import { storeFailed } from '../../../src/core/errors/store'
import { eventually } from '../../support/eventually'
import { left, right } from '../../support/right'
import { shardOfTwo } from '../../support/shards'
import { freshId } from '../../support/stores'
import { counter } from '../../support/tally'

const sums = {
  name: 'sums',
  version: 1,
  events: counter.events,
  state: stateCodec(1, t.strict({ sum: t.number })),
  key: ({ streamId }: { readonly streamId: string }) => streamId,
  view: counter.decider,
}

const handled = (seen: string[], streamId: string): TE.TaskEither<unknown, void> =>
  TE.fromIO(() => {
    seen.push(streamId)
  })

const idsOn = (shard: number, count: number): ReadonlyArray<string> => {
  const ids: string[] = []
  while (ids.length < count) {
    const id = freshId()
    if (shardOfTwo(`counter-${id}`) === shard) ids.push(id)
  }
  return ids
}

describe('what follows the events of shards', () => {
  it('runs once on each, sees each event once, and answers for the source of a stream', async () => {
    const backend = sharded([memory(), memory()])
    const counters = openCategory(counter, backend)
    const seen: string[] = []
    const mails = {
      name: 'mails',
      from: fromStart,
      events: counter.events,
      handle: ({ streamId }: { readonly streamId: string }) => handled(seen, streamId),
    }
    const workers = runWorkers(
      { mails: runSubscription(mails), sums: runProjection(sums) },
      backend,
    )
    const ids = [...idsOn(0, 3), ...idsOn(1, 3)]
    for (const id of ids) {
      const { events } = await right(counters.handleCommand(id, { type: 'Add', by: 2 }))
      const source = await right(backend.sourceOf(`counter-${id}`))
      const position = events.at(-1)?.position ?? 0
      await right(untilReached('mails', position, 20_000, `counter-${id}`)(source))
      const reader = projectionReader(sums)(source)
      await right(reader.until(position, 20_000))
      expect(await right(reader.get(`counter-${id}`))).toEqual({ sum: 2 })
    }
    // The answer to a command names the source of its positions, and that is all there is to know of where to wait.
    for (const id of [...idsOn(0, 1), ...idsOn(1, 1)]) {
      const sent = { commandId: 'once' }
      const first = await right(counters.handleCommand(id, { type: 'Add', by: 2 }, sent))
      const again = await right(counters.handleCommand(id, { type: 'Add', by: 2 }, sent))
      expect(first.source).toBe(`shard-${shardOfTwo(`counter-${id}`)}`)
      expect(again).toEqual(first)
      const position = first.events.at(-1)?.position ?? 0
      const { source } = first
      await right(untilReached('mails', { position, source }, 20_000)(backend))
      ids.push(id)
      for (const one of backend.sources) {
        const reader = projectionReader(sums)(one)
        const waited = reader.until({ position, source }, 20_000)
        if (one.source === source) await right(waited)
        else expect(await left(waited)).toMatchObject({ reason: 'DataRefused' })
      }
      for (const wrong of [undefined, 'shard-7']) {
        const refused = await left(
          untilReached('mails', { position, source: wrong }, 20_000)(backend),
        )
        expect(refused).toMatchObject({ _tag: 'StoreFailed', reason: 'DataRefused' })
      }
    }
    const names = workers.health().workers.map(({ name }) => name)
    expect(names).toEqual(
      ['mails', 'sums'].flatMap((name) => [`${name} on shard-0`, `${name} on shard-1`]),
    )
    for (const [shard, { operator }] of backend.sources.entries()) {
      const status = await right(operator.status('mails'))
      expect(status.map(({ lag }) => lag.events)).toEqual([0])
      expect(seen.filter((id) => shardOfTwo(id) === shard)).toHaveLength(4)
    }
    await workers.stop()
    expect(seen.toSorted()).toEqual(ids.map((id) => `counter-${id}`).toSorted())
  })

  it('goes on on the others where one is away, and tells the backend of every notice', async () => {
    const [one, other] = [memory(), memory()]
    let isAway = true
    const away = storeFailed('Unavailable', 'nothingWritten', undefined)
    const unreliable = {
      ...other,
      subscriptions: {
        ...other.subscriptions,
        register: (...[subscription]: Parameters<typeof other.subscriptions.register>) =>
          isAway ? TE.left(away) : other.subscriptions.register(subscription),
      },
    }
    const backend = sharded([one, unreliable])
    const counters = openCategory(counter, backend)
    const seen: string[] = []
    const tags = new Set<string>()
    const mails = {
      name: 'mails',
      from: fromStart,
      events: counter.events,
      handle: ({ streamId }: { readonly streamId: string }) => handled(seen, streamId),
    }
    const started = new Set<string | undefined>()
    const observed = {
      ...backend,
      onAnyNotice: ({ _tag, source }: AnyNotice) => {
        tags.add(_tag)
        if (_tag === 'PartitionStarted') started.add(source)
      },
    }
    const workers = runWorkers({ mails: runSubscription(mails) }, observed, {
      firstBackoff: 10,
      maxBackoff: 20,
    })
    const [here = '', there = ''] = [...idsOn(0, 1), ...idsOn(1, 1)]
    for (const id of [here, there]) await right(counters.handleCommand(id, { type: 'Add', by: 1 }))
    await eventually(() => seen.includes(`counter-${here}`) && tags.has('WorkerEnded'))
    expect(seen).toEqual([`counter-${here}`])
    const states = workers.health().workers.map(({ state }) => state)
    expect(states[0]).toBe('running')
    isAway = false
    await eventually(() => seen.includes(`counter-${there}`))
    await workers.stop()
    expect(started).toEqual(new Set(['shard-0', 'shard-1']))
  })

  it('ends with the first error, and stops the others, where it runs without workers', async () => {
    const [one, other] = [memory(), memory()]
    const away = storeFailed('Unavailable', 'nothingWritten', undefined)
    const broken = {
      ...other,
      subscriptions: { ...other.subscriptions, register: () => TE.left(away) },
    }
    const { signal } = new AbortController()
    const handle = () => handled([], '')
    const mails = { name: 'mails', from: fromStart, events: counter.events, handle }
    const ended = await runSubscription(mails)(sharded([one, broken]), { signal })()
    expect(ended).toEqual(E.left(away))
  })
})
