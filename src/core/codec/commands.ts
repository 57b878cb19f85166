import { type CommandCodec, commandCodecOf } from './command-codec'
import { type Message, messageCodec, type MessageShape } from './messages'

/** The union of the declared commands. */
export type DeclaredCommand<Declared> = Declared extends infer Shapes
  ? {
      readonly [Name in keyof Shapes & string]: Message<Name, Shapes[Name]>
    }[keyof Shapes & string]
  : never

/**
 * The commands of a codec, as a union.
 *
 * @example
 * type GiftCardCommand = CommandOf<typeof giftCardCommands>
 */
export type CommandOf<Codec> = Codec extends CommandCodec<infer Command> ? Command : never

/**
 * The codec of all commands of a category. Each is named once, with its fields, or with a schema of the whole
 * command, its `type` included. `decode` fails with issues for an unknown type or wrong data, which
 * `handleCommand` and `handle` report as `InvalidCommand`; what is not declared is removed.
 *
 * @example
 * const giftCardCommands = commands({
 *   IssueGiftCard: { amount: WholeNumber },
 *   RedeemGiftCard: { amount: WholeNumber },
 * })
 * type GiftCardCommand = CommandOf<typeof giftCardCommands>
 */
export const commands = <
  Declared extends { readonly [Name in keyof Declared]: MessageShape<Name> },
>(
  declared: Declared,
): CommandCodec<DeclaredCommand<Declared>> => {
  const shapes: ReadonlyArray<[string, MessageShape<string>]> = Object.entries(declared)
  return commandCodecOf<DeclaredCommand<Declared>>(
    new Map(shapes.map(([name, shape]) => [name, messageCodec(name, shape)])),
  )
}
