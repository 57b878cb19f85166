// node bench/imports.mjs [rounds]: what it costs to import Reprise, beside Emmett. Each import has a process of its own, and
// they take turns, so that a machine that is slower for a while is slower for all. Fails if Reprise costs more.
import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { buildReprise, installPeers } from './harness/install.mjs'
import { median } from './harness/statistics.mjs'

const BENCH = fileURLToPath(new URL('.', import.meta.url))
const own = (entry) => new URL(`../dist/${entry}.mjs`, import.meta.url).href

/** Two that do the same for a user: ours is not to cost more. */
const pairs = [
  { ours: ['reprise', own('index')], theirs: ['@event-driven-io/emmett'] },
  { ours: ['reprise/postgres', own('postgres')], theirs: ['@event-driven-io/emmett-postgresql'] },
]

/** Milliseconds that the import takes, milliseconds of CPU time, and how many files it loads as CommonJS. */
const measured = ([name, address = name]) => {
  const code = `
    const before = process.cpuUsage(), start = performance.now()
    await import(${JSON.stringify(address)})
    const wall = performance.now() - start, { user, system } = process.cpuUsage(before)
    const { default: { createRequire } } = await import('node:module')
    const files = Object.keys(createRequire(${JSON.stringify(pathToFileURL(BENCH).href)}).cache).length
    console.log(JSON.stringify({ wall, cpu: (user + system) / 1000, files }))`
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', code],
    {
      cwd: BENCH,
      encoding: 'utf8',
    },
  )
  if (status !== 0) throw new Error(`${name} cannot be imported: ${stderr}`)
  return JSON.parse(stdout)
}

installPeers()
if (!process.argv.includes('--built')) buildReprise()
const rounds = Number(process.argv.slice(2).find((text) => /^\d+$/.test(text)) ?? 21)
const all = pairs.flatMap(({ ours, theirs }) => [ours, theirs])
const runs = new Map(all.map(([name]) => [name, []]))
for (const one of all) measured(one) // once, so that all files have been read from the disk
for (let round = 0; round < rounds; round++) {
  for (const one of round % 2 === 0 ? all : all.toReversed()) runs.get(one[0]).push(measured(one))
}
const results = new Map(
  [...runs].map(([name, times]) => [
    name,
    {
      wall: median(times.map(({ wall }) => wall)),
      fastest: Math.min(...times.map(({ wall }) => wall)),
      cpu: median(times.map(({ cpu }) => cpu)),
      files: times[0].files,
    },
  ]),
)
console.log(`import, in milliseconds (median of ${rounds}, fastest; CPU time; files)`)
for (const [name, { wall, fastest, cpu, files }] of results) {
  const cells = [wall, fastest, cpu].map((value) => value.toFixed(1).padStart(8))
  console.log(`${name.padEnd(38)}${cells.join('')}${String(files).padStart(8)}`)
}
for (const { ours, theirs } of pairs) {
  const [one, other] = [results.get(ours[0]), results.get(theirs[0])]
  if (one.cpu <= other.cpu) continue
  console.error(`${ours[0]} costs more CPU time than ${theirs[0]}`)
  process.exitCode = 1
}
