/**
 * The tests of an application: run by `scripts/check-consumers.mjs` under node's own test runner, and, with its first
 * import replaced, under vitest.
 */
import { describe, it } from 'node:test'
import { accept, commands, type Decider, events, openCategory, promised } from 'reprise'
import { WholeNumber } from 'reprise/codec'
import { memory } from 'reprise/memory'
import { boundaryStoreContract, specification, storeContract } from 'reprise/testing'

type Fill = { readonly type: 'Fill'; readonly litres: number }
type Filled = { readonly type: 'Filled'; readonly litres: number }

const jug: Decider<Fill, number, Filled, never> = {
  initialState: 0,
  decide: ({ litres }) => accept({ type: 'Filled', litres }),
  evolve: (full, { litres }) => full + litres,
}

void describe('a jug', () => {
  void it('is filled', () => {
    specification(jug)
      .given({ type: 'Filled', litres: 1 })
      .when({ type: 'Fill', litres: 2 })
      .thenStateIs(3)
  })

  void it('is stored', async () => {
    const jugs = {
      name: 'jug',
      decider: jug,
      commands: commands({ Fill: { litres: WholeNumber } }),
      events: events({ Filled: { litres: WholeNumber } }),
    }
    const filled = await promised(openCategory(jugs, memory())).handle('A', {
      type: 'Fill',
      litres: 2,
    })
    if (!filled.ok) throw new Error(filled.error.message)
  })
})

const open = () => Promise.resolve({ store: memory().store, close: () => Promise.resolve() })
storeContract({ name: 'memory', open, describe, it })
boundaryStoreContract({ name: 'memory', open, describe, it })
