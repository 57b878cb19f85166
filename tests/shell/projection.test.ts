import * as E from 'fp-ts/Either'
import type { Transaction } from 'kysely'
import type { InlineProjection } from '../../src/core/ports/inline-projection'
import { memory, type MemoryTransaction } from 'reprise/memory'
import { postgres } from 'reprise/postgres'
import { type NoTables, postgresReadSide } from '../support/postgres-read-side'
import { projectionSuite, type ProjectionsUnderTest } from './projection.suite'
import { rebuildSuite } from './rebuild.suite'

/** The store of one backend, whose inline projections may be given later. */
const inMemory = async (): Promise<ProjectionsUnderTest<MemoryTransaction>> => {
  let given: ReadonlyArray<InlineProjection<MemoryTransaction>> = []
  const inline: InlineProjection<MemoryTransaction> = {
    get name() {
      return given[0]?.name ?? 'none'
    },
    project:
      (...all) =>
      async () => {
        for (const { project } of given) {
          const done = await project(...all)()
          if (E.isLeft(done)) return done
        }
        return E.right(undefined)
      },
  }
  const backend = memory({ inline: [inline] })
  return {
    ...backend,
    storeWith: (projections) => {
      given = projections
      return backend.store
    },
  }
}

const inPostgres = async (): Promise<ProjectionsUnderTest<Transaction<NoTables>>> => {
  const side = await postgresReadSide()
  return { ...side, storeWith: (inline) => postgres(side.db, { inline }).store }
}

describe('projections, in memory', () => {
  projectionSuite(inMemory)
  rebuildSuite(inMemory)
})

describe('projections, in PostgreSQL', () => {
  projectionSuite(inPostgres)
  rebuildSuite(inPostgres)
})
