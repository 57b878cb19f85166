import { commandCells } from './commands.mjs'

const cell = (name) => commandCells.find((candidate) => candidate.name === name)

const PRELOAD = 5_000_000

// Growth: the same work on an empty store and on one of `preload` events, which SQL writes beforehand, in turns.
// Only for contestants that know how to be preloaded.
const works = [
  ['append', 'append (cached stream, 1 caller)', cell('cached-1')],
  ['load', 'load and append (uncached stream, 1 caller)', cell('uncached-1')],
]

/** Measured in the cells below, and not on their own. */
export const emptyCells = works.map(([name, title, work]) => ({
  ...work,
  name: `${name}-empty`,
  title: `Growth: ${title}, empty store`,
  offer: 'preload',
  bars: [],
}))

export const growthCells = works.map(([name, title, work]) => ({
  ...work,
  name: `${name}-grown`,
  title: `Growth: ${title}, 5,000,000 events stored`,
  offer: 'preload',
  preload: PRELOAD,
  beside: { cell: `${name}-empty`, contestants: ['reprise', 'insert'] },
  bars: [
    {
      of: 'rate',
      against: `reprise in ${name}-empty`,
      beyond: ['insert', `insert in ${name}-empty`],
      atLeast: 0.85,
    },
  ],
}))
