// Requires one entry point of the built package as if some packages were not installed:
//   node scripts/without-peers.cjs reprise/testing fast-check pg
const assert = require('node:assert/strict')
const { EventEmitter } = require('node:events')
const Module = require('node:module')

const [entry, ...missing] = process.argv.slice(2)
const resolve = Module._resolveFilename
Module._resolveFilename = function (request, ...rest) {
  const isMissing = missing.some((name) => request === name || request.startsWith(`${name}/`))
  if (!isMissing) return resolve.call(this, request, ...rest)
  throw Object.assign(new Error(`Cannot find module '${request}'`), { code: 'MODULE_NOT_FOUND' })
}

const loaded = require(entry)
if (entry === 'reprise/testing') {
  // The law kit says what to install, and does not throw.
  const { results } = loaded.checkDecider({ decider: {}, commands: {} })
  console.log(results.map(({ problem }) => problem).join('\n'))
} else if (entry === 'reprise/postgres') {
  // Kysely is loaded with the first database.
  const pool = Object.assign(new EventEmitter(), { options: { max: 1 } })
  assert.throws(
    () => loaded.connectPool(pool),
    (error) => console.log(error.message) === undefined,
  )
} else {
  console.log(`${Object.keys(loaded).length} names`)
}
