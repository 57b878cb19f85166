// node bench/imports.mjs [rounds]: what it costs to import Reprise, beside Emmett. Each import has a process of its own, and
// they take turns, so that a machine that is slower for a while is slower for all. Fails if an application on PostgreSQL, which
// imports both packages of either, pays more for Reprise.
import { spawnSync } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { buildReprise, installPeers } from './harness/install.mjs'
import { median } from './harness/statistics.mjs'

const BENCH = fileURLToPath(new URL('.', import.meta.url))
const own = (entry) => new URL(`../dist/${entry}.mjs`, import.meta.url).href

const emmett = '@event-driven-io/emmett'
const [core, postgres] = [own('index'), own('postgres')]

/** What an application on PostgreSQL imports: ours is not to cost more. */
const both = {
  ours: { name: 'reprise and reprise/postgres', addresses: [core, postgres] },
  theirs: { name: "both of Emmett's", addresses: [emmett, `${emmett}-postgresql`] },
}
const all = [
  { name: 'reprise', addresses: [core] },
  { name: emmett, addresses: [emmett] },
  { name: 'reprise/postgres', addresses: [postgres] },
  { name: `${emmett}-postgresql`, addresses: [`${emmett}-postgresql`] },
  both.ours,
  both.theirs,
]

/** Milliseconds that the imports take, milliseconds of CPU time, and how many files they load as CommonJS. */
const measured = ({ name, addresses }) => {
  const code = `
    const before = process.cpuUsage(), start = performance.now()
    ${addresses.map((address) => `await import(${JSON.stringify(address)})`).join('\n    ')}
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
const runs = new Map(all.map(({ name }) => [name, []]))
for (const one of all) measured(one) // once, so that all files have been read from the disk
for (let round = 0; round < rounds; round++) {
  for (const one of round % 2 === 0 ? all : all.toReversed()) runs.get(one.name).push(measured(one))
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
const [ours, theirs] = [both.ours, both.theirs].map(({ name }) => results.get(name).cpu)
console.log(`together: ${(ours / theirs).toFixed(2)} of Emmett's CPU time`)
if (ours > theirs) {
  console.error("importing both packages costs more CPU time than importing both of Emmett's")
  process.exitCode = 1
}
