import assert from 'node:assert/strict'
import { succeeds } from './checks'
import { anEvent, appendTo, freshCategory, freshStream } from './fixtures'
import { type SourceSuite, streamIn } from './suite'

/** A position means nothing without its source, so a store with several of them says which that is. */
export const sourceNames: SourceSuite = {
  name: 'the name of the source',
  tests: {
    'is that of the streams whose events are read from it, and of no others': async (stores) => {
      const { store, second, holds, source } = stores
      const category = freshCategory()
      const ids = [streamIn(stores, category)]
      for (let count = 0; count < 8; count++) ids.push(freshStream(category))
      for (const streamId of ids) {
        await succeeds(store.append(appendTo(streamId, 0, [anEvent({ number: 1 })])))
        await succeeds(second.version(streamId))
        for (const { sourceNameOf } of [store, second]) {
          const named = sourceNameOf?.(streamId)
          if (source === undefined)
            assert.equal(named, store.sourceNameOf?.(ids[0] ?? '')) // there is only one
          else if (holds(streamId)) assert.equal(named, source)
          else assert.ok(named !== undefined && named !== source)
        }
      }
    },
  },
}
