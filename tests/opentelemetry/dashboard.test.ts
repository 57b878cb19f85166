import { readFileSync } from 'node:fs'
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import * as TE from 'fp-ts/TaskEither'
import { fromStart, openCategory, parkAfter, runProcessManager, runSubscription } from 'reprise'
import { storeFailed } from 'reprise/adapter'
import { memory } from 'reprise/memory'
import { openTelemetry } from 'reprise/opentelemetry'
import { parse } from 'yaml'
import { add, counter } from '../support/counter'
import { eventually } from '../support/eventually'
import { left, right } from '../support/right'
import { running } from '../support/running'
import { bankOn, transferring } from '../support/transfers'

const FOLDER = 'docs/how-to/observe'
const OPERATE = readFileSync('docs/how-to/operate.md', 'utf8')
const OBSERVE = readFileSync('docs/how-to/observe.md', 'utf8')

interface Panel {
  readonly title: string
  readonly type: string
  readonly gridPos: {
    readonly x: number
    readonly y: number
    readonly w: number
    readonly h: number
  }
  readonly targets?: ReadonlyArray<{ readonly expr: string; readonly legendFormat: string }>
}
interface Rule {
  readonly alert: string
  readonly expr: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string; readonly runbook: string }
}

const dashboard = JSON.parse(readFileSync(`${FOLDER}/dashboard.json`, 'utf8')) as {
  readonly panels: ReadonlyArray<Panel>
  readonly templating: {
    readonly list: ReadonlyArray<{
      readonly name: string
      readonly query: string | { readonly query: string }
    }>
  }
}
const { groups } = parse(readFileSync(`${FOLDER}/alerts.yml`, 'utf8')) as {
  readonly groups: ReadonlyArray<{ readonly rules: ReadonlyArray<Rule> }>
}
const rules = groups.flatMap((group) => group.rules)
const charts = dashboard.panels.filter(({ type }) => type !== 'row')

/** Metrics are collected when the test asks for them. */
class AskedReader extends MetricReader {
  protected override onForceFlush(): Promise<void> {
    return Promise.resolve()
  }
  protected override onShutdown(): Promise<void> {
    return Promise.resolve()
  }
}

/** An application to which everything happens that there is a metric for: its metrics as Prometheus scrapes them. */
const scraped = async (): Promise<string> => {
  const reader = new AskedReader()
  const telemetry = openTelemetry({ meterProvider: new MeterProvider({ readers: [reader] }) })
  const backend = telemetry.backend(memory())
  const stop = telemetry.operator(backend.operator)
  const [one, other] = [openCategory(counter, backend), openCategory(counter, backend)]
  for (const open of [one, other, one]) await right(open.handleCommand('a', add(1)))
  const failed = () => TE.left(storeFailed('Unavailable', 'nothingWritten', new Error('down')))
  const away = { ...backend, store: { ...backend.store, append: failed } }
  await left(openCategory(counter, away).handleCommand('b', add(1)))

  const bank = bankOn(backend.store)
  await right(bank.account.handleCommand('one', { type: 'Open', amount: 10 }))
  await right(bank.account.handleCommand('two', { type: 'Open', amount: 0 }))
  const request = { type: 'Request', transfer: 't', from: 'one', to: 'two', amount: 4 } as const
  await right(bank.transfer.handleCommand('t', request))
  const dispatch = telemetry.dispatch('transferring', bank.dispatch)
  const runs = [
    running((signal) =>
      runProcessManager(transferring, dispatch, { from: fromStart })(backend, { signal }),
    ),
    running((signal) =>
      runSubscription({
        name: 'mails',
        from: fromStart,
        events: counter.events,
        poison: parkAfter(1),
        handle: () => TE.left(new Error('no')),
      })(backend, { signal }),
    ),
  ]
  const serializer = new PrometheusSerializer()
  // The exporter has a copy of the SDK of its own.
  const serialized = (collected: unknown): string =>
    serializer.serialize(collected as Parameters<typeof serializer.serialize>[0])
  const text = await eventually(async () => {
    const { resourceMetrics } = await reader.collect()
    const found = serialized(resourceMetrics)
    const isComplete =
      /reprise_subscription_parked\{[^}]*\} 1/.test(found) &&
      found.includes('messaging_client_sent_messages_total')
    return isComplete && found
  })
  for (const run of runs) await right(() => run.stop())
  stop()
  return text
}

/** The metrics, and the labels that any of their series has. */
const labelsIn = (text: string): ReadonlyMap<string, ReadonlySet<string>> => {
  const found = new Map<string, Set<string>>()
  for (const line of text.split('\n')) {
    const [, name = '', labels = ''] = /^([a-z_]+)(?:\{(.*)\})? /.exec(line) ?? []
    if (name === '' || line.startsWith('#')) continue
    const known = found.get(name) ?? new Set<string>()
    for (const [, label = ''] of labels.matchAll(/([a-z_]+)="/g)) known.add(label)
    found.set(name, known)
  }
  return found
}

/** Grammar of Prometheus itself. It is a module of the other kind. */
interface SyntaxNode {
  readonly type: { readonly isError: boolean; readonly name: string }
  readonly from: number
  readonly to: number
}
let promql: {
  readonly parser: {
    parse(text: string): { iterate(spec: { enter: (node: SyntaxNode) => void }): void }
  }
}

/** What a query asks for: its metrics, and every label that it names. Fails for one that is not PromQL. */
const askedBy = (query: string) => {
  const { parser } = promql
  const metrics: string[] = []
  const labels: string[] = []
  // Grafana puts the time in.
  const text = query.replaceAll('$__rate_interval', '5m')
  parser.parse(text).iterate({
    enter: ({ type, from, to }) => {
      if (type.isError) throw new Error(`not PromQL at ${from}: ${query}`)
      const word = text.slice(from, to)
      if (type.name === 'Identifier') metrics.push(word)
      if (type.name === 'LabelName') labels.push(word)
    },
  })
  return { metrics, labels }
}

describe('the dashboard and the alerts', () => {
  const queries = [
    ...charts.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
    ...rules.map(({ expr }) => expr),
  ]
  let emitted: ReadonlyMap<string, ReadonlySet<string>>
  beforeAll(async () => {
    promql = await import('@prometheus-io/lezer-promql')
    emitted = labelsIn(await scraped())
  })

  it('ask for metrics and labels that an application really has, in queries that parse', () => {
    expect(queries.length).toBeGreaterThan(30)
    for (const query of queries) {
      const { metrics, labels } = askedBy(query)
      expect(metrics.length).toBeGreaterThan(0)
      expect(metrics.filter((metric) => !emitted.has(metric))).toEqual([])
      const known = new Set(metrics.flatMap((metric) => [...(emitted.get(metric) ?? [])]))
      expect(labels.filter((label) => !known.has(label))).toEqual([])
    }
    for (const { query } of dashboard.templating.list) {
      const [, metric = '', label = ''] =
        typeof query === 'string' ? [] : (/^label_values\((\w+), (\w+)\)$/.exec(query.query) ?? [])
      if (typeof query !== 'string') expect([...(emitted.get(metric) ?? [])]).toContain(label)
    }
  })

  it('show every metric that there is, and the page lists it', () => {
    const asked = new Set(queries.flatMap((query) => askedBy(query).metrics))
    const own = [...emitted.keys()]
      .filter((name) => /^(reprise|messaging|db)_/.test(name))
      .map((name) => name.replace(/_(bucket|sum|count)$/, ''))
    const shown = [...asked].map((name) => name.replace(/_(bucket|sum|count)$/, ''))
    expect([...new Set(own)].filter((name) => !shown.includes(name))).toEqual([])
    const listed = OBSERVE.replaceAll('.', '_')
    for (const name of own) expect(listed).toContain(name.replace(/_total$/, ''))
  })

  it('are laid out without one panel over another, and each says what it is', () => {
    const taken = new Set<string>()
    for (const { title, gridPos } of dashboard.panels) {
      expect(title).not.toBe('')
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x},${y}`)).toBe(false)
          taken.add(`${x},${y}`)
        }
      }
    }
  })

  it('have a section in the operating page for each alert: what it means, what to look at, what to do', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length)
    for (const { alert, labels, annotations } of rules) {
      expect(annotations.runbook).toBe(`docs/how-to/operate.md#${alert.toLowerCase()}`)
      expect(['page', 'ticket']).toContain(labels.severity)
      const [, section = ''] = OPERATE.split(`### ${alert}\n`)
      const [text = ''] = section.split('\n##')
      for (const part of ['**Means**', '**Look at**', '**Do**']) expect(text).toContain(part)
    }
    const described = [...OPERATE.matchAll(/^### (Reprise\w+)$/gm)].map(([, name]) => name)
    expect(described.sort()).toEqual(rules.map(({ alert }) => alert).sort())
  })
})
