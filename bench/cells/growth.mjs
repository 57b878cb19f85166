import { commandCells } from './commands.mjs'

const cell = (name) => commandCells.find((candidate) => candidate.name === name)

// Growth: the same work on an empty store and on one of `preload` events, which SQL writes beforehand.
// Only for contestants that know how to be preloaded; left out unless the whole table is measured.
export const growthCells = [
  { ...cell('cached-1'), name: 'append', title: 'append (cached stream, 1 caller)', bars: [] },
  {
    ...cell('uncached-1'),
    name: 'load',
    title: 'load and append (uncached stream, 1 caller)',
    bars: [],
  },
].flatMap((one) =>
  [0, 5_000_000].map((preload) => ({
    ...one,
    name: `${one.name}-${preload === 0 ? 'empty' : 'grown'}`,
    title: `Growth: ${one.title}, ${preload === 0 ? 'empty store' : '5,000,000 events stored'}`,
    offer: 'preload',
    preload,
    kept: true,
    bars:
      preload === 0
        ? []
        : [
            {
              of: 'rate',
              against: 'reprise',
              cell: `${one.name}-empty`,
              beyond: 'insert',
              atLeast: 0.85,
            },
          ],
  })),
)
