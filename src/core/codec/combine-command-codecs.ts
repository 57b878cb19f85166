import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import { type KeyedCommand, keysOf, type PlainKeys } from '../algebra/keyed'
import { type Issue, preview, fieldOf, issuesUnder } from '../issue'
import { type CommandCodec, oneOf } from './command-codec'

/** A command codec for every part of a combination. */
export type CommandCodecs<Commands> = {
  readonly [Key in keyof Commands]: CommandCodec<Commands[Key]>
}

/**
 * The command codec of `combine`: `key` selects the part whose codec validates `command`.
 *
 * Its functions fail with the issues of the part's codec, or of an unknown key.
 *
 * @example
 * const bankCommands = combineCommandCodecs({ account: accountCommands, transfer: transferCommands })
 */
export const combineCommandCodecs = <Commands extends object>(
  codecs: CommandCodecs<Commands> & PlainKeys,
): CommandCodec<KeyedCommand<Commands>> => {
  const parts: CommandCodecs<Commands> = codecs
  const keys = keysOf(parts)
  const shapes = keys.flatMap((key) => {
    const { shape } = parts[key]
    return shape === undefined ? [] : [t.strict({ key: t.literal(key), command: shape })]
  })

  const unknownPart = (given: unknown): E.Either<ReadonlyArray<Issue>, never> => {
    const message = `no part has the key ${preview(given)}; known keys: ${keys.join(', ')}`
    return E.left([{ path: 'key', message }])
  }

  return {
    ...(shapes.length === keys.length ? { shape: oneOf(shapes) } : {}),
    encode: ({ key, command }) => {
      if (!keys.includes(key)) return unknownPart(key)
      const encoded = parts[key].encode(command)
      return E.isLeft(encoded)
        ? E.left(issuesUnder('command', encoded.left))
        : E.right({ key, command: encoded.right })
    },
    decode: (input) => {
      const given = fieldOf(input, 'key')
      const key = keys.find((candidate) => candidate === given)
      if (key === undefined) return unknownPart(given)
      const command = parts[key].decode(fieldOf(input, 'command'))
      return E.isLeft(command)
        ? E.left(issuesUnder('command', command.left))
        : E.right({ key, command: command.right })
    },
  }
}
