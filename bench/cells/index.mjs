// What is measured: data only. `workload` names a file in workloads/, `limits` the raw limits that the
// cell is held against, `bars` what is aimed at (see harness/bars.mjs).
//
// eventsPerStream: events in each stream when the round starts. seedBatch: events per seeding command.
// warm: every stream gets one command first, so that whoever has a cache has it filled.
// beside: who takes part as in another cell, for a bar that compares the two.
// way: which of a contestant's sessions (see contestants/index.mjs). place: cells with the same one share a database.
// laps: the round ends early when every stream has had this many commands. kept: one database for all rounds.

import { besideCells, boundaryCells } from './boundaries.mjs'
import { commandCells } from './commands.mjs'
import { emptyCells, growthCells } from './growth.mjs'
import { readingCells } from './reading.mjs'

export const allCells = [...commandCells, ...readingCells, ...growthCells, ...boundaryCells]

const enough = ({ callers = 1, processes, shared }) => (shared ? 1 : callers * processes)

/** How a short run shrinks a cell: never to fewer streams than callers, who would then meet. */
export const smoke = (cell) => ({
  ...cell,
  streams: cell.streams && Math.min(cell.streams, Math.max(64, enough(cell))),
  events: cell.events && 20_000,
  peerEvents: cell.peerEvents && 2_000,
})

export const cellNamed = (name) =>
  [...allCells, ...emptyCells, ...besideCells].find((cell) => cell.name === name)

export const smokeCells = ['cached-1', 'ten-32', 'hot-1x16', 'memory']
