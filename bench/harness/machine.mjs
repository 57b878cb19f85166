import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'

const GIB = 1024 ** 3

/** What the numbers depend on, and nothing that names the machine. */
export const machine = (postgres) => ({
  processor: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
  memory: `${Math.round(totalmem() / GIB)} GiB`,
  node: process.version,
  postgres: Object.entries(postgres)
    .map(([key, value]) => `${key} ${value}`)
    .join(', '),
})

/** The installed version of a peer. */
export const versionOf = (name) => {
  if (name === undefined) return undefined
  const file = fileURLToPath(new URL(`../node_modules/${name}/package.json`, import.meta.url))
  return JSON.parse(readFileSync(file, 'utf8')).version
}
