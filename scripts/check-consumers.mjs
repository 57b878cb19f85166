// Imports the built package the two ways its users do: from an ES module (this file) and by require.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import * as esm from 'reprise'
import * as esmMemory from 'reprise/memory'
import * as esmPostgres from 'reprise/postgres'
import * as esmTesting from 'reprise/testing'

const require = createRequire(import.meta.url)
const pairs = [
  ['reprise', esm],
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
