// Where the microseconds go: a CPU profile as shares of the busy time, by package and by function.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const START_UP = 0.35 // of the profile: loading and warming, left out
const ROWS = 15

const packageOf = ({ functionName, url }) => {
  if (functionName === '(garbage collector)') return 'garbage collector'
  if (url === '') return functionName === 'writev' ? 'socket writes' : 'native code'
  const packages = [...url.matchAll(/node_modules\/((?:@[^/]+\/)?[^/]+)/g)]
  if (packages.length > 0) return packages.at(-1)[1]
  if (url.startsWith('node:')) return 'node'
  return `reprise ${/dist\/([^/]+(?:\/[^/.]+)?)/.exec(url)?.[1] ?? 'bench'}`
}

const functionOf = ({ functionName, url, lineNumber }) =>
  `${functionName || '(anonymous)'} ${url.split('/').slice(-2).join('/')}:${lineNumber + 1}`

const add = (shares, name, time) => shares.set(name, (shares.get(name) ?? 0) + time)

const print = (shares, busy) => {
  const sorted = [...shares].sort(([, left], [, right]) => right - left).slice(0, ROWS)
  for (const [name, time] of sorted) {
    console.log(`  ${((time / busy) * 100).toFixed(1).padStart(5)} %  ${name}`)
  }
}

const summarize = (file) => {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, 'utf8'))
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const [packages, functions] = [new Map(), new Map()]
  let busy = 0
  for (let at = Math.floor(samples.length * START_UP); at < samples.length; at++) {
    const frame = frames.get(samples[at])
    if (frame.functionName === '(idle)') continue
    busy += timeDeltas[at]
    add(packages, packageOf(frame), timeDeltas[at])
    add(functions, functionOf(frame), timeDeltas[at])
  }
  console.log(`\n${file}: ${Math.round(busy / 1000)} ms busy`)
  print(packages, busy)
  console.log('  by function')
  print(functions, busy)
}

export const printProfiles = (folder) => {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.cpuprofile'))) {
    summarize(join(folder, name))
  }
}
