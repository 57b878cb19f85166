import { pipe } from 'fp-ts/lib/function.js'
import { accept, type CommandOf, commands, type Decider } from 'reprise'
import { type EventOf, events, reject } from 'reprise'
import * as algebra from 'reprise/algebra'
import { WholeNumber } from 'reprise/codec'

/*
 * The housekeeping of a floor is composed: the cleaning of one room, many times, and the linen that they share. One
 * stream holds it all, so a room is never clean without the linen for it having been taken.
 */

const cleaningCommands = commands({ ReportUsed: {}, CleanRoom: {} })
const cleaningEvents = events({ RoomUsed: {}, RoomCleaned: {} })
type CleaningCommand = CommandOf<typeof cleaningCommands>
type CleaningEvent = EventOf<typeof cleaningEvents>

interface RoomIsClean {
  readonly _tag: 'RoomIsClean'
}

/** One room. A room of which nothing is known is clean. */
export const cleaning: Decider<CleaningCommand, 'clean' | 'used', CleaningEvent, RoomIsClean> = {
  initialState: 'clean',
  decide: (command, state) => {
    switch (command.type) {
      case 'ReportUsed':
        return state === 'used' ? accept() : accept({ type: 'RoomUsed' })
      case 'CleanRoom':
        return state === 'used' ? accept({ type: 'RoomCleaned' }) : reject({ _tag: 'RoomIsClean' })
    }
  },
  evolve: (_state, event) => {
    switch (event.type) {
      case 'RoomUsed':
        return 'used'
      case 'RoomCleaned':
        return 'clean'
    }
  },
}

const linenCommands = commands({ BringLinen: { sets: WholeNumber }, TakeLinen: {} })
const linenEvents = events({ LinenBrought: { sets: WholeNumber }, LinenTaken: {} })
type LinenCommand = CommandOf<typeof linenCommands>
type LinenEvent = EventOf<typeof linenEvents>

interface NoLinenLeft {
  readonly _tag: 'NoLinenLeft'
}

/** The linen of a floor: how many sets there are. */
export const linen: Decider<LinenCommand, number, LinenEvent, NoLinenLeft> = {
  initialState: 0,
  decide: (command, sets) => {
    switch (command.type) {
      case 'BringLinen':
        return command.sets === 0 ? accept() : accept({ ...command, type: 'LinenBrought' })
      case 'TakeLinen':
        return sets === 0 ? reject({ _tag: 'NoLinenLeft' }) : accept({ type: 'LinenTaken' })
    }
  },
  evolve: (sets, event) => {
    switch (event.type) {
      case 'LinenBrought':
        return sets + event.sets
      case 'LinenTaken':
        return sets - 1
    }
  },
}

const sideBySide = algebra.combine({ cleaning: algebra.many(cleaning), linen })
export type FloorCommand = Parameters<typeof sideBySide.decide>[0]
export type FloorEvent = Parameters<typeof sideBySide.evolve>[1]

/** Whoever cleans a room takes a set of linen. If there is none, the room stays as it is: all or nothing. */
const freshLinen: algebra.Process<FloorEvent, FloorCommand, null> = {
  initialState: null,
  evolve: () => null,
  react: (_state, { key, event }) =>
    key === 'cleaning' && event.event.type === 'RoomCleaned'
      ? [{ key: 'linen', command: { type: 'TakeLinen' } }]
      : [],
  resume: () => [],
}

export const floor = pipe(sideBySide, algebra.drive(freshLinen))

export const floorCommands = algebra.combineCommandCodecs({
  cleaning: algebra.manyCommandCodec(cleaningCommands),
  linen: linenCommands,
})

/** All floors: their streams are called `floor-<number>`. */
export const floors = {
  name: 'floor',
  decider: floor,
  commands: floorCommands,
  events: algebra.combineEventCodecs({
    cleaning: algebra.manyEventCodec(cleaningEvents),
    linen: linenEvents,
  }),
}

/** The command for one room of a floor. */
export const forRoom = (room: string, command: CleaningCommand): FloorCommand => ({
  key: 'cleaning',
  command: { key: room, command },
})

/** The floor of a room: all digits of its number but the last two. */
export const floorOf = (room: string): string => room.slice(0, -2) || '0'
