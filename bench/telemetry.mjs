// node bench/telemetry.mjs [rounds] [cell] [--built]: what reprise/opentelemetry costs. One process sends the same commands in turns: without
// it, with it but no SDK, and with the real SDK. Reported is the CPU time of this process for each command, and the median of what a
// caller waits for one; with the ratio of each to that with the context of OpenTelemetry alone, which an application pays that
// uses it for anything: a machine that is slower for a while is slower for all, and the least of all turns has least of that.
// Fails if, on PostgreSQL, a caller waits more than 5 % longer with the settings for busy processes: alone, or one of 32 at full rate.
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { context, createNoopMeter, ProxyTracerProvider, ROOT_CONTEXT } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AggregationTemporality,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  BatchSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import pg from 'pg'
import { decide, EVENT_TYPE, evolve, initialState } from './domain.mjs'
import { buildReprise } from './harness/install.mjs'
import { startPostgres } from './harness/postgres.mjs'
import { median } from './harness/statistics.mjs'

if (!process.argv.includes('--built')) buildReprise()
const { commands, events, openCategory } = await import('../dist/index.js')
const { durationHistograms, openTelemetry } = await import('../dist/opentelemetry.js')
const { memory } = await import('../dist/memory.js')
const { connectPool, postgres } = await import('../dist/postgres.js')

const BAR = 1.05
const rounds = Number(process.argv.find((word) => /^\d+$/.test(word)) ?? 40)

const account = {
  name: 'account',
  decider: {
    initialState,
    decide: ({ count }, state) =>
      E.right(decide(count, state).map((data) => ({ type: EVENT_TYPE, ...data }))),
    evolve,
  },
  commands: commands({ Deposit: { count: t.number } }),
  events: events({
    [EVENT_TYPE]: {
      number: t.number,
      amount: t.number,
      currency: t.string,
      teller: t.string,
      branch: t.string,
      note: t.string,
    },
  }),
}

/**
 * Callers, and commands in a turn. Every caller has a stream of its own, and its state in memory. The first cell has no
 * database: what telemetry adds there, in microseconds, it adds everywhere.
 */
const cells = [
  { name: 'in memory', callers: 1, commands: 2_000, store: 'memory' },
  { name: 'a caller alone', callers: 1, commands: 100, bar: { arm: '1 of 100', measure: 'wait' } },
  { name: '32 callers', callers: 32, commands: 1_600, bar: { arm: '1 of 100', measure: 'wait' } },
]

/** Takes what it is given, and drops it: what an exporter sends is its own affair. */
const spanSink = {
  export: (_spans, done) => done({ code: 0 }),
  forceFlush: async () => undefined,
  shutdown: async () => undefined,
}
const metricSink = {
  ...spanSink,
  selectAggregationTemporality: () => AggregationTemporality.CUMULATIVE,
}

const sdk = ({ histograms, traceOneOf }) => {
  const tracerProvider = new BasicTracerProvider({
    sampler: new AlwaysOnSampler(),
    spanProcessors: [new BatchSpanProcessor(spanSink, { maxQueueSize: 8_192 })],
  })
  const reader = new PeriodicExportingMetricReader({
    exporter: metricSink,
    exportIntervalMillis: 10_000,
    metricProducers: histograms === undefined ? [] : [histograms.producer('cumulative')],
  })
  const meterProvider = new MeterProvider({ readers: [reader] })
  return {
    telemetry: openTelemetry({ tracerProvider, meterProvider, histograms, traceOneOf }),
    close: () => Promise.all([tracerProvider.shutdown(), meterProvider.shutdown()]),
  }
}

const traced = ({ telemetry, close }, manager) => ({
  open: (backend) =>
    telemetry.category('account', openCategory(account, telemetry.backend(backend))),
  // The context has its price, too: it is paid only in the turns of those that need it.
  begin: () => manager && context.setGlobalContextManager(manager.enable()),
  end: () => context.disable(),
  close,
})

const untraced = {
  open: (backend) => openCategory(account, backend),
  begin: () => undefined,
  end: () => undefined,
}

/** What an application pays for the context of OpenTelemetry, whether this library is traced or not. */
const contextAlone = (manager) => ({
  ...untraced,
  begin: () => {
    context.setGlobalContextManager(manager.enable())
    context.with(ROOT_CONTEXT, () => undefined) // from now on promises are followed
  },
  end: () => context.disable(),
})

const withoutSdk = () =>
  openTelemetry({
    tracerProvider: new ProxyTracerProvider(),
    meterProvider: { getMeter: () => createNoopMeter() },
  })

const must = (result) => {
  if (E.isLeft(result)) throw new Error(JSON.stringify(result.left))
}

const arms = [
  { name: 'without', ...untraced },
  { name: 'without, again', ...untraced },
  { name: 'context alone', ...contextAlone(new AsyncLocalStorageContextManager()) },
  { name: 'no SDK', ...traced({ telemetry: withoutSdk() }) },
  {
    name: '1 of 100',
    ...traced(
      sdk({ histograms: durationHistograms(), traceOneOf: 100 }),
      new AsyncLocalStorageContextManager(),
    ),
  },
  {
    name: 'all',
    ...traced(sdk({ histograms: durationHistograms() }), new AsyncLocalStorageContextManager()),
  },
  {
    name: 'all, without durationHistograms',
    ...traced(sdk({}), new AsyncLocalStorageContextManager()),
  },
]

/** Microseconds for each command: of CPU time, and of waiting in the median. */
const turn = async ({ begin, end }, category, { callers, commands: count }, tag) => {
  begin()
  const before = process.cpuUsage()
  const waits = []
  const call = async (caller) => {
    for (let sent = 0; sent < count / callers; sent++) {
      const sentAt = performance.now()
      must(await category.handleCommand(`${tag}c${caller}`, { type: 'Deposit', count: 1 })())
      waits.push((performance.now() - sentAt) * 1000)
    }
  }
  await Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)))
  const { user, system } = process.cpuUsage(before)
  end()
  return { cpu: (user + system) / count, wait: median(waits) }
}

/** The median, and between what it was. */
const spreadOf = (values) =>
  `${median(values).toFixed(3)} (${Math.min(...values).toFixed(3)} to ${Math.max(...values).toFixed(3)})`

/** In another order each time, so that none always comes after the same one. */
const shuffled = (items, round) =>
  items.map((_, index) => items[(index * 5 + round) % items.length])

const only = process.argv.find((word) => cells.some(({ name }) => name === word))
const wanted = cells.filter(({ name }) => only === undefined || name === only)
const server = await startPostgres()
await server.create('telemetry')
const pool = new pg.Pool({ connectionString: server.urlOf('telemetry'), max: 10 })
const db = connectPool(pool)
const backend = postgres(db)
must(await backend.migrate())

let failed = false
for (const cell of wanted) {
  const store = cell.store === 'memory' ? memory() : backend
  const opened = arms.map((arm) => ({ arm, category: arm.open(store), turns: [] }))
  for (let round = -3; round < rounds; round++) {
    for (const { arm, category, turns } of shuffled(opened, round + 3)) {
      const measured = await turn(arm, category, cell, arm.name.replaceAll(/\W/g, ''))
      if (round >= 0) turns.push(measured) // the first three warm it up
    }
  }
  const withContext = opened.find(({ arm }) => arm.name === 'context alone').turns
  console.log(`${cell.name}, ${rounds} rounds of ${cell.commands} commands`)
  for (const { arm, turns } of opened) {
    const told = ['cpu', 'wait'].map((measure) => {
      const of = (measured) => measured.map((one) => one[measure])
      const least = Math.min(...of(turns))
      const ratio = least / Math.min(...of(withContext))
      // Of the same round: what a busy machine adds is in all of its turns, more or less.
      const paired = of(turns).map((value, index) => value / withContext[index][measure])
      const isOver = cell.bar?.arm === arm.name && cell.bar.measure === measure && ratio > BAR
      failed ||= isOver
      return `${measure} ${median(of(turns)).toFixed(1)} us, least ${least.toFixed(1)}: ${ratio.toFixed(3)} of the context's (in rounds ${spreadOf(paired)})${isOver ? ' over the bar' : ''}`
    })
    console.log(`  ${arm.name.padEnd(31)} ${told.join('  ')}`)
  }
}
for (const arm of arms) await arm.close?.()
await backend.close()
await db.destroy()
await server.stop()
process.exit(failed ? 1 : 0)
