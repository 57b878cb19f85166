// Fills the marked region of docs/benchmarks.md, and draws docs/benchmarks.svg.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { BAR_HEADERS, barRows, HEADERS, tables } from './report.mjs'
import { draw } from './svg.mjs'

const at = (path) => fileURLToPath(new URL(`../../docs/${path}`, import.meta.url))
const BEGIN = '<!-- results: begin -->'
const END = '<!-- results: end -->'

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
const line = (cells) => `| ${cells.map(cell).join(' | ')} |`
const table = (head, rows) =>
  [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')

const versions = (run) => {
  const known = new Map(
    run.cells.flatMap(({ results }) =>
      results.flatMap(({ name, version }) => (version === undefined ? [] : [[name, version]])),
    ),
  )
  return [...known].map(([name, version]) => `${name} ${version}`).join(', ')
}

const results = (run) => {
  const { processor, cores, memory, node, postgres } = run.machine
  const done = run.cells.flatMap(({ results: all }) =>
    all.map(({ rounds }) => new Set(rounds.map(({ round }) => round)).size),
  )
  const most = Math.max(...done)
  const rounds =
    most < run.rounds
      ? `${most} of ${run.rounds} rounds`
      : `${run.rounds} round${run.rounds > 1 ? 's' : ''}`
  return [
    `Measured on ${run.date}: ${cores} cores (${processor}), ${memory}, Node ${node}, PostgreSQL: ${postgres}. ` +
      `${rounds} of ${run.seconds} s, in ${run.turns} turns. Peers: ${versions(run)}.`,
    '![Every cell as a bar chart](benchmarks.svg)',
    `### Against the bars\n\n${table(BAR_HEADERS, barRows(run))}`,
    ...tables(run).map(({ title, rows }) => `### ${title}\n\n${table(HEADERS, rows)}`),
  ].join('\n\n')
}

export const writeDocs = (run) => {
  const file = at('benchmarks.md')
  const [before, rest] = readFileSync(file, 'utf8').split(BEGIN)
  const after = rest.split(END)[1]
  writeFileSync(file, `${before}${BEGIN}\n\n${results(run)}\n\n${END}${after}`)
  writeFileSync(at('benchmarks.svg'), draw(run))
  const prettier = createRequire(import.meta.url).resolve('prettier/bin/prettier.cjs')
  execFileSync(process.execPath, [prettier, '--write', '--log-level', 'warn', file])
}
