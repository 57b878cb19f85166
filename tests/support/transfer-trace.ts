import { context } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { type Backend, type Dispatch, fromStart, openCategory, runProcessManager } from 'reprise'
import { openTelemetry } from 'reprise/opentelemetry'
import { depositMoney, openAccount } from '../../examples/bank/account/commands'
import { running } from '../../examples/bank/running'
import { amount } from '../../examples/bank/show'
import { bookedAccounts, transfers } from '../../examples/bank/transfer/own-streams'
import { transferManager } from '../../examples/bank/transfer/manager'
import type { BankCommand } from '../../examples/bank/transfer/process'
import { until } from '../../examples/bank/until'
import { value } from '../../examples/bank/value'

const toMilliseconds = ([seconds, nanoseconds]: ReadableSpan['startTime']): number =>
  seconds * 1000 + nanoseconds / 1e6

/** The spans of one transfer of the bank, of `npm start`: the command, and all that follows from it. In order. */
export const traceOfTransfer = async <Transaction>(
  given: Backend<Transaction>,
): Promise<ReadonlyArray<ReadableSpan>> => {
  const contextManager = new AsyncLocalStorageContextManager().enable()
  context.setGlobalContextManager(contextManager)
  const exporter = new InMemorySpanExporter()
  const tracerProvider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  })
  const telemetry = openTelemetry({ tracerProvider })
  const backend = telemetry.backend(given)
  const accounts = telemetry.category(
    'account',
    openCategory(telemetry.decisions(bookedAccounts), backend),
  )
  const desk = telemetry.category('transfer', openCategory(telemetry.decisions(transfers), backend))
  const dispatch: Dispatch<BankCommand> = ({ key, command }, options) =>
    key === 'accounts'
      ? accounts.handleCommand(command.key, command.command, options)
      : desk.handleCommand(command.key, command.command, options)
  for (const [id, command] of [
    ['emma', openAccount('Emma')],
    ['emma', depositMoney(10_000)],
    ['finn', openAccount('Finn')],
  ] as const) {
    value(await accounts.handleCommand(id, { transferId: null, command })())
  }
  const manager = running((signal) =>
    runProcessManager(transferManager, telemetry.dispatch('transfers', dispatch), {
      from: fromStart,
      maxPollInterval: 20,
    })(backend, { signal }),
  )
  // The opened accounts have been seen, so that the picture begins with the transfer.
  const isIdle = () => exporter.getFinishedSpans().some(({ name }) => name.startsWith('batch '))
  await until(() => Promise.resolve(isIdle() || undefined))
  exporter.reset()
  const details = { from: 'emma', to: 'finn', amount: amount(30) }
  value(await desk.handleCommand('rent', { type: 'StartTransfer', ...details })())
  const unseen = openCategory(transfers, given)
  await until(async () => {
    const { state } = value(await unseen.load('rent')())
    return state === 'completed' || undefined
  })
  await manager.stop()
  context.disable()
  return exporter
    .getFinishedSpans()
    .filter(({ name }) => !name.startsWith('batch ')) // how many there are depends on the clock
    .sort((one, other) => toMilliseconds(one.startTime) - toMilliseconds(other.startTime))
}

/** A span in the picture. */
export interface Bar {
  readonly name: string
  readonly depth: number
  /** Milliseconds since the picture begins. */
  readonly from: number
  readonly to: number
  /** The row of the span that has caused it, over a link. */
  readonly causedBy: number | undefined
}

/** Each trace whole, in the order in which they begin; of a span first itself, then what is inside. */
export const barsOf = (spans: ReadonlyArray<ReadableSpan>): ReadonlyArray<Bar> => {
  const idOf = (span: ReadableSpan) => span.spanContext().spanId
  const begin = Math.min(...spans.map(({ startTime }) => toMilliseconds(startTime)))
  const known = new Set(spans.map(idOf))
  const rows: { readonly span: ReadableSpan; readonly depth: number }[] = []
  const add = (span: ReadableSpan, depth: number): void => {
    rows.push({ span, depth })
    for (const one of spans) {
      if (one.parentSpanContext?.spanId === idOf(span)) add(one, depth + 1)
    }
  }
  for (const span of spans) {
    if (!known.has(span.parentSpanContext?.spanId ?? '')) add(span, 0)
  }
  return rows.map(({ span, depth }) => {
    const causes = span.links.map(({ context: cause }) => cause.spanId)
    const row = rows.findIndex((one) => causes.includes(idOf(one.span)))
    return {
      name: span.name,
      depth,
      from: toMilliseconds(span.startTime) - begin,
      to: toMilliseconds(span.endTime) - begin,
      causedBy: row < 0 ? undefined : row,
    }
  })
}

const LABEL = 250
const WIDTH = 860
const ROW = 22
const TOP = 34
const RIGHT = 64

const kindOf = (name: string): string => name.split(' ')[0] ?? name

/** A waterfall of spans as SVG, readable on a light and on a dark page. */
export const pictureOf = (bars: ReadonlyArray<Bar>): string => {
  const end = Math.max(...bars.map(({ to }) => to))
  const x = (time: number): number => LABEL + ((WIDTH - LABEL - RIGHT) * time) / end
  const y = (row: number): number => TOP + row * ROW
  const height = y(bars.length) + 12
  const grid = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const at = x(share * end).toFixed(1)
    return `<line class="grid" x1="${at}" y1="${TOP - 8}" x2="${at}" y2="${height - 8}"/>
<text class="time" x="${at}" y="${TOP - 14}" text-anchor="middle">${(share * end).toFixed(1)} ms</text>`
  })
  const rows = bars.map(({ name, depth, from, to }, row) => {
    const width = Math.max(2, x(to) - x(from))
    return `<text x="${8 + depth * 16}" y="${y(row) + 15}">${name}</text>
<rect class="${kindOf(name)}" x="${x(from).toFixed(1)}" y="${y(row) + 4}" width="${width.toFixed(1)}" height="14" rx="2"/>
<text class="time" x="${(x(from) + width + 4).toFixed(1)}" y="${y(row) + 15}">${(to - from).toFixed(2)}</text>`
  })
  const links = bars.flatMap(({ causedBy, from }, row) => {
    const cause = causedBy === undefined ? undefined : bars[causedBy]
    if (causedBy === undefined || cause === undefined) return []
    const [left, top] = [x(cause.from) + 1, y(causedBy) + 18]
    return [
      `<path class="link" d="M${left.toFixed(1)} ${top} V${y(row) + 11} H${(x(from) - 1).toFixed(1)}"/>`,
    ]
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="The spans of a transfer: the command, and everything that follows from it">
<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.time { font-size: 11px; fill: #59636e }
.grid { stroke: #d1d9e0 }
.link { fill: none; stroke: #8250df; stroke-dasharray: 3 3 }
.handle { fill: #0b7a75 } .load, .read { fill: #8d99ae } .append { fill: #c08a00 } .decide { fill: #bf3989 }
.dispatch { fill: #0969da }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .time { fill: #9198a1 } .grid { stroke: #3d444d } .link { stroke: #bc8cff }
  .handle { fill: #2bb5ad } .append { fill: #e3b341 } .decide { fill: #f778ba }
  .dispatch { fill: #58a6ff }
}
</style>
${[...grid, ...links, ...rows].join('\n')}
</svg>
`
}
