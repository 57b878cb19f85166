// What Reprise does in the cells about tags, conditions and several streams, each through its public API.
import { randomUUID } from 'node:crypto'
import E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import {
  accept,
  commands,
  events,
  fromStart,
  openCategory,
  openTogether,
  reject,
  runProcessManager,
  send,
} from '../../dist/index.js'
import { mergeEventCodecs, stateCodec } from '../../dist/codec.js'
import { EVENT_TYPE, initialState, nextData } from '../domain.mjs'
import { boundaryOf } from './boundary.mjs'

const must = (result) => {
  if (E.isLeft(result)) throw new Error(JSON.stringify(result.left))
  return result.right
}

const newEvent = (number, tags) => ({
  id: randomUUID(),
  type: EVENT_TYPE,
  schemaVersion: 1,
  data: nextData({ ...initialState, deposits: number - 1 }),
  metadata: {},
  ...(tags === undefined ? {} : { tags }),
})

const counting = () => {
  const numbers = new Map()
  return (stream) => {
    const number = (numbers.get(stream) ?? 0) + 1
    numbers.set(stream, number)
    return number
  }
}

/** Appends without tags, each at the version of its stream. */
const plain = ({ store }) => {
  const next = counting()
  return {
    command: async (stream) => {
      const number = next(stream)
      const streamId = `account-${stream}`
      const request = { streamId, expectedVersion: number - 1, events: [newEvent(number)] }
      must(await store.append({ ...request, commands: [] })())
    },
  }
}

/** Appends with two tags, on the condition that nothing else has come that has one of them. */
const conditional = ({ store }) => {
  const next = counting()
  const sights = new Map()
  return {
    command: async (stream) => {
      const tags = boundaryOf(stream)
      const query = tags.map((tag) => ({ tags: [tag] }))
      const sight = sights.get(stream) ?? { after: 0, count: 0 }
      const append = { streamId: `account-${stream}`, expectedVersion: 'any', commands: [] }
      const streams = [{ ...append, events: [newEvent(next(stream), tags)] }]
      const stored = must(await store.appendTogether({ streams, condition: { query, sight } })())
      sights.set(stream, stored.sight)
    },
  }
}

/** Reads all events of one model. */
const model = ({ store }, { preload, model: size }) => ({
  command: async () => {
    const tag = `${size}:${Math.floor((Math.random() * preload) / size)}`
    const { events: found } = must(await store.readMatching([{ tags: [tag] }], { limit: 10_000 })())
    if (found.length < size - 1) throw new Error(`${found.length} of ${size} events were read`)
  },
})

/** Looks whether a condition holds, so many positions behind the end, and stores nothing. */
const check = ({ store }, { preload, behind }) => ({
  command: async () => {
    const tag = `10:${Math.floor((Math.random() * preload) / 20)}` // in the first half: none come later
    const condition = { query: [{ tags: [tag] }], sight: { after: preload - behind, count: 0 } }
    const looked = { streamId: 'looked-at', expectedVersion: 0, events: [], commands: [] }
    must(await store.appendTogether({ streams: [looked], condition })())
  },
})

const moving = { transfer: t.string, from: t.string, to: t.string, amount: t.number }

const moveOf = ({ transfer, from, to, amount }) => ({ transfer, from, to, amount })

/** An account of a transfer. */
const purse = {
  name: 'purse',
  commands: commands({ Move: moving }),
  events: events({ Moved: { ...moving, number: t.number } }),
  decider: {
    initialState: { number: 0, balance: 1_000_000 },
    decide: (command, { number, balance }) =>
      balance + command.amount < 0
        ? reject({ _tag: 'TooLittle' })
        : accept({ ...moveOf(command), type: 'Moved', number: number + 1 }),
    evolve: ({ balance }, { number, amount }) => ({ number, balance: balance + amount }),
  },
}

/** One way or the other between the two accounts of a pair. */
const pairOf = (stream, transfer) => {
  const pair = [`${stream}a`, `${stream}b`]
  const [from, to] = Math.random() < 0.5 ? pair : pair.toReversed()
  return { transfer, from, to }
}

/** Transfers in one append. */
const transfers = (backend) => {
  const bank = openTogether({ purses: purse }, backend)
  return {
    command: async (stream) => {
      const move = { type: 'Move', ...pairOf(stream, 'direct') }
      const both = [
        [move.from, { ...move, amount: -1 }],
        [move.to, { ...move, amount: 1 }],
      ]
      must(await bank.handleCommands({ purses: both })())
      return 2
    },
  }
}

const steps = { ...moving, number: t.number }

/** A transfer that a process manager takes from one account to the other. */
const transfer = {
  name: 'transfer',
  commands: commands({ Request: moving, Complete: moving }),
  events: events({ Requested: steps, Completed: steps }),
  decider: {
    initialState: 0,
    decide: ({ type, ...move }, number) =>
      accept({ type: type === 'Request' ? 'Requested' : 'Completed', ...move, number: number + 1 }),
    evolve: (_, { number }) => number,
  },
}

const transferring = {
  name: 'transferring',
  categories: ['purse', 'transfer'],
  events: mergeEventCodecs(purse.events, transfer.events),
  route: ({ event }) => (event.type === 'Completed' ? undefined : { key: event.transfer, event }),
  process: {
    initialState: null,
    evolve: () => null,
    react: (_, event) => {
      const move = moveOf(event)
      if (event.type === 'Requested') return [send({ type: 'Move', ...move, amount: -1 })]
      return [send({ type: move.amount < 0 ? 'Move' : 'Complete', ...move, amount: 1 })]
    },
  },
  state: stateCodec(1, t.null),
  commands: commands({ Move: moving, Complete: moving }),
  onRejected: () => [],
}

/** The same transfers by a process manager, each until it is complete. */
const transfersByProcess = (backend) => {
  const [purses, running] = [openCategory(purse, backend), openCategory(transfer, backend)]
  const completed = new Map()
  const dispatch = ({ type, ...move }, options) => {
    if (type === 'Move') {
      return purses.handleCommand(move.amount < 0 ? move.from : move.to, { type, ...move }, options)
    }
    const completing = running.handleCommand(move.transfer, { type, ...move }, options)
    return async () => {
      const answer = await completing()
      completed.get(move.transfer)?.()
      completed.delete(move.transfer)
      return answer
    }
  }
  const controller = new AbortController()
  const { signal } = controller
  const manager = runProcessManager(transferring, dispatch, { from: fromStart })(backend, {
    signal,
  })()
  return {
    command: async (stream) => {
      const name = `${stream}x${randomUUID()}`
      const complete = new Promise((resolve) => completed.set(name, resolve))
      const request = { type: 'Request', ...pairOf(stream, name), amount: 0 }
      must(await running.handleCommand(name, request)())
      await complete
      return 4
    },
    close: async () => {
      controller.abort()
      must(await manager)
    },
  }
}

export const ways = {
  plain,
  conditional,
  model,
  check,
  transfers,
  'transfers-process': transfersByProcess,
}

/** Three tags for each event: ten have one, a thousand another one, and a seventh of all the third. */
export const preloadTags = `insert into reprise.event_tags (tag, position, type)
  select tag, position, type
  from reprise.events,
    lateral (values ('10:' || position / 10), ('1000:' || position / 1000), ('kind:' || position % 7)) as t(tag)
  order by 1, 2`
