// Imports the built package the two ways its users do: from an ES module (this file) and by require.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import * as esm from 'reprise'
import * as esmAdapter from 'reprise/adapter'
import * as esmAlgebra from 'reprise/algebra'
import * as esmMemory from 'reprise/memory'
import * as esmPostgres from 'reprise/postgres'
import * as esmTesting from 'reprise/testing'

const require = createRequire(import.meta.url)
const pairs = [
  ['reprise', esm],
  ['reprise/adapter', esmAdapter],
  ['reprise/algebra', esmAlgebra],
  ['reprise/memory', esmMemory],
  ['reprise/postgres', esmPostgres],
  ['reprise/testing', esmTesting],
]
for (const [name, namespace] of pairs) {
  const names = Object.keys(require(name)).filter((key) => key !== '__esModule')
  assert.ok(names.length > 0, `${name} exports nothing`)
  for (const key of names) {
    assert.ok(key in namespace, `${name} does not show ${key} to an ES module`)
  }
}
console.log(`consumers: ${pairs.length} entry points load from ES modules and from CommonJS`)

// The optional peers: whoever has none of them can load all that does not need them, and is told the rest.
const peers = ['fast-check', 'pg', 'kysely', '@electric-sql/pglite']
const without = (entry, missing) =>
  spawnSync(process.execPath, ['scripts/without-peers.cjs', entry, ...missing], {
    encoding: 'utf8',
  })
for (const [entry, said, missing = peers] of [
  ['reprise', / names/],
  ['reprise/adapter', / names/],
  ['reprise/algebra', / names/],
  ['reprise/memory', / names/],
  ['reprise/testing', /npm install --save-dev fast-check.*Cannot find module 'fast-check'/],
  ['reprise/postgres', / names/, ['fast-check', 'pg', '@electric-sql/pglite']],
]) {
  const { status, stdout, stderr } = without(entry, missing)
  assert.equal(status, 0, `${entry} does not load without ${missing.join(', ')}:\n${stderr}`)
  assert.match(stdout, said)
}
const { status, stderr } = without('reprise/postgres', peers)
assert.notEqual(status, 0)
assert.match(stderr, /Cannot find module '(kysely|pg)'/)
console.log('consumers: every entry point loads without the optional peers it does not need')
