// Runs the code of the playground, away from the page: whatever it does, the page can end it.
import { transform } from 'sucrase'
import * as either from 'fp-ts/Either'
import * as option from 'fp-ts/Option'
import * as taskEither from 'fp-ts/TaskEither'
import * as functions from 'fp-ts/function'
import * as io from 'io-ts'
import * as reprise from 'reprise'
import * as algebra from 'reprise/algebra'
import * as boundary from 'reprise/boundary'
import * as codec from 'reprise/codec'
import * as memoryDoor from 'reprise/memory'
import * as testing from 'reprise/testing'
import assert from './assert.mjs'
import { inspect } from './show.mjs'

const MOST_EVENTS = 200
const MOST_LINES = 500

const send = (message) => self.postMessage(message)

let lines = 0
const log = (level, values) => {
  lines += 1
  if (lines > MOST_LINES) return
  const text = values.map((value) => (typeof value === 'string' ? value : inspect(value))).join(' ')
  send({ type: 'log', level, text: lines === MOST_LINES ? 'No more lines are shown.' : text })
}
for (const level of ['log', 'info', 'warn', 'error', 'debug']) {
  console[level] = (...values) => log(level, values)
}

// --- What happens in it ---

/** Every backend that the program has opened, and the categories on it. */
const backends = []

const knownAs = (backend) => backends.find((one) => one.backend.store === backend.store)

const watched = (backend, name) => {
  const known = { name, backend, categories: new Map(), streams: [] }
  backends.push(known)
  return {
    ...backend,
    close: async () => {
      await look(known)
      await backend.close()
    },
  }
}

const answerOf = (answer) => {
  if (either.isRight(answer)) {
    const { version, state, events } = answer.right
    return {
      ok: true,
      version,
      state: inspect(state),
      events: events.map(({ event }) => event.type),
    }
  }
  const { _tag, message, rejection } = answer.left
  return { ok: false, tag: _tag, message, rejection: rejection && inspect(rejection) }
}

const openCategory = (category, backend, options) => {
  const open = reprise.openCategory(category, backend, options)
  const known = knownAs(backend)
  known?.categories.set(category.name, category)
  const shown =
    (operation) =>
    (id, command, ...rest) =>
    () =>
      operation(id, command, ...rest)().then((answer) => {
        const stream = `${category.name}-${id}`
        send({
          type: 'command',
          store: known?.name,
          stream,
          command: inspect(command),
          ...answerOf(answer),
        })
        return answer
      })
  return { ...open, handle: shown(open.handle), handleCommand: shown(open.handleCommand) }
}

/** The events of a stream, and the state after each of them. */
const steps = (category, stored) => {
  let state = category?.decider.initialState
  return stored.map((event) => {
    const decoded = category?.events.decode(event)
    if (decoded !== undefined && either.isRight(decoded)) {
      state = category.decider.evolve(state, decoded.right)
    }
    const { version, type, data } = event
    return {
      version,
      type,
      data: inspect(data),
      state: category === undefined ? undefined : inspect(state),
    }
  })
}

/** Reads everything that is stored by now. */
const look = async (known) => {
  const page = await known.backend.store.readAll({ after: 0, limit: MOST_EVENTS })()
  if (either.isLeft(page)) return
  const streams = new Map()
  for (const event of page.right.events) {
    streams.set(event.streamId, [...(streams.get(event.streamId) ?? []), event])
  }
  known.streams = [...streams].map(([id, stored]) => ({
    id,
    steps: steps(known.categories.get(id.split('-')[0]), stored),
  }))
}

// --- What it can import ---

const loadPglite = async () => {
  send({ type: 'loading', what: 'PGlite: PostgreSQL in WebAssembly, about 5 MB' })
  const pglite = await import('@electric-sql/pglite')
  class PGlite extends pglite.PGlite {
    async close() {
      for (const known of backends) if (known.pglite === this) await look(known)
      await super.close()
    }
  }
  return { ...pglite, PGlite }
}

const modules = {
  reprise: () => ({ ...reprise, openCategory }),
  'reprise/algebra': () => algebra,
  'reprise/boundary': () => boundary,
  'reprise/codec': () => codec,
  'reprise/memory': () => ({
    ...memoryDoor,
    memory: (options) => watched(memoryDoor.memory(options), 'memory'),
  }),
  'reprise/testing': () => testing,
  'reprise/postgres': async () => {
    const door = await import('reprise/postgres')
    return {
      ...door,
      postgres: (database, options) => {
        const backend = watched(door.postgres(database, options), 'PGlite')
        backends.at(-1).pglite = database
        return backend
      },
    }
  },
  '@electric-sql/pglite': loadPglite,
  'fp-ts': () => ({ either, option, taskEither, function: functions }),
  'io-ts': () => io,
  'node:assert/strict': () => ({ ...assert, default: assert }),
  'node:assert': () => ({ ...assert, default: assert }),
}

const importsIn = (code) =>
  [...code.matchAll(/\brequire\(\s*(['"])([^'"]+)\1\s*\)/g)].map(([, , name]) => name)

const loaded = async (code) => {
  const found = {}
  for (const name of new Set(importsIn(code))) {
    if (!Object.hasOwn(modules, name)) {
      throw new Error(
        `The playground has no module '${name}'. It has ${Object.keys(modules).join(', ')}.`,
      )
    }
    found[name] = { __esModule: true, ...(await modules[name]()) }
  }
  return found
}

// --- A run ---

const AsyncFunction = (async () => undefined).constructor
const SOURCE = 'playground.ts'

/** The line of an exception in the program: of the code, two lines stand before it in the function. */
const lineOf = (error) => {
  const [, line] = new RegExp(`${SOURCE}:(\\d+)`).exec(error?.stack ?? '') ?? []
  return line === undefined ? undefined : Number(line) - 2
}

const problem = (error) => ({
  name: error?.name ?? 'Error',
  message: error instanceof Error ? error.message : inspect(error),
  line: error?.loc?.line ?? lineOf(error),
})

const run = async (text) => {
  const { code } = transform(text, {
    transforms: ['typescript', 'imports'],
    disableESTransforms: true,
    preserveDynamicImport: true,
  })
  const found = await loaded(code)
  const program = new AsyncFunction('require', 'exports', `${code}\n//# sourceURL=${SOURCE}`)
  send({ type: 'running' })
  const begin = performance.now()
  try {
    await program((name) => found[name], {})
  } finally {
    const milliseconds = performance.now() - begin
    for (const known of backends) {
      // What it has closed was looked at before.
      await look(known).catch(() => undefined)
    }
    send({
      type: 'stored',
      milliseconds,
      stores: backends.map(({ name, streams }) => ({ name, streams })),
    })
  }
}

self.addEventListener('unhandledrejection', (event) => {
  event.preventDefault() // it is shown here
  send({ type: 'problem', ...problem(event.reason) })
})
self.addEventListener('message', ({ data }) => {
  run(data)
    .catch((error) => send({ type: 'problem', ...problem(error) }))
    .finally(() => send({ type: 'done' }))
})
send({ type: 'ready' })
