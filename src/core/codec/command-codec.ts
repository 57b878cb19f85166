import * as E from 'fp-ts/Either'
import type { Type } from 'io-ts'
import { type Issue, issuesOf, preview } from '../issue'
import { oneOf } from './one-of'

/** How a command is checked at the door, before anything is read. */
export interface CommandCodec<Command> {
  readonly decode: (input: unknown) => E.Either<ReadonlyArray<Issue>, Command>
  /** Every command there is, as one io-ts codec: the law kit makes up commands from it. */
  readonly shape?: Type<Command, unknown>
}

interface Tagged {
  readonly type: string
}

/** One io-ts codec for every member of the union: a command without one does not compile. */
export type CommandTypes<Command extends Tagged> = {
  readonly [Name in Command['type']]: Type<Extract<Command, { readonly type: Name }>, unknown>
}

const typeIn = (input: unknown): unknown =>
  typeof input === 'object' && input !== null && 'type' in input ? input.type : undefined

/**
 * The codec of a union of commands, told apart by `type`.
 *
 * @example
 * const giftCardCommands = commandCodec<GiftCardCommand>({ IssueGiftCard, RedeemGiftCard })
 */
export const commandCodec = <Command extends Tagged>(
  types: CommandTypes<Command>,
): CommandCodec<Command> => {
  const known = new Map<unknown, Type<Command, unknown>>(Object.entries(types))
  return {
    shape: oneOf([...known.values()]),
    decode: (input) => {
      const type = typeIn(input)
      const codec = known.get(type)
      if (codec === undefined) {
        return E.left([
          {
            path: 'type',
            message: `the command type ${preview(type)} is not known; known are ${[...known.keys()].join(', ')}`,
          },
        ])
      }
      const decoded = codec.decode(input)
      return E.isLeft(decoded) ? E.left(issuesOf(decoded.left)) : decoded
    },
  }
}
