import { either as E } from 'fp-ts'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import type { CommandCodec, EventCodec, Issue } from 'reprise/codec'
import type { Booked, Booking } from './referenced'

const TransferId = t.union([t.string, t.null])

const readTransferId = (value: unknown): E.Either<ReadonlyArray<Issue>, string | null> =>
  TransferId.is(value)
    ? E.right(value)
    : E.left([{ path: 'transferId', message: 'expected text or null' }])

const Outer = t.type({ transferId: t.unknown, command: t.unknown })

/** The commands of `codec`, each with the transfer that it is for: `{ transferId, command }`. */
export const bookingCodec = <Command>(
  codec: CommandCodec<Command>,
): CommandCodec<Booking<Command>> => ({
  ...(codec.shape === undefined
    ? {}
    : { shape: t.strict({ transferId: TransferId, command: codec.shape }) }),
  encode: ({ transferId, command }) =>
    pipe(
      codec.encode(command),
      E.map((encoded) => ({ transferId, command: encoded })),
    ),
  decode: (input) => {
    if (!Outer.is(input)) return E.left([{ path: '', message: 'expected a booking' }])
    const transferId = readTransferId(input.transferId)
    if (E.isLeft(transferId)) return transferId
    const within = ({ path, message }: Issue): Issue => ({ path: `command.${path}`, message })
    return pipe(
      codec.decode(input.command),
      E.mapLeft((issues) => issues.map(within)),
      E.map((command) => ({ transferId: transferId.right, command })),
    )
  },
})

/**
 * The events of `codec`, each stored with its transfer beside its own data. An event without one, written by code
 * that knows nothing of transfers, belongs to none.
 */
export const bookedCodec = <Event>(codec: EventCodec<Event>): EventCodec<Booked<Event>> => ({
  schemaVersions: codec.schemaVersions,
  ...(codec.shapes === undefined
    ? {}
    : {
        shapes: Object.fromEntries(
          Object.entries(codec.shapes).map(([type, event]) => [
            type,
            t.strict({ transferId: TransferId, event }),
          ]),
        ),
      }),
  typeOf: ({ event }) => codec.typeOf(event),
  encode: ({ transferId, event }) =>
    pipe(
      codec.encode(event),
      E.map((encoded) => ({ ...encoded, data: { ...encoded.data, transferId } })),
    ),
  decode: (stored) => {
    const transferId = readTransferId(stored.data['transferId'] ?? null)
    return E.isLeft(transferId)
      ? transferId
      : pipe(
          codec.decode(stored),
          E.map((event) => ({ transferId: transferId.right, event })),
        )
  },
})
