import * as E from 'fp-ts/Either'
import * as t from 'io-ts'
import type { Type } from 'io-ts'
import { type Issue, issuesOf, preview } from '../issue'
import type { Json } from '../json'
import { codecMismatch } from './codec-mismatch'
import { fitsReading } from './io-ts-fast-path'
import { writtenJson } from './personal'
import { definedFields } from './typed-data'

/** How a command is validated before anything is read, and stored until it is sent. */
export interface CommandCodec<Command> {
  /** Validates what came from outside. Fails with the issues of a value that is no command. */
  readonly decode: (input: unknown) => E.Either<ReadonlyArray<Issue>, Command>
  /**
   * The stored form of a command that waits to be sent, for a timer for instance. `decode` reads it back,
   * in later releases too. Fails if the command does not match its codec.
   */
  readonly encode: (command: Command) => E.Either<ReadonlyArray<Issue>, Json>
  /** All commands as one io-ts codec. The law kit generates commands from it. */
  readonly shape?: Type<Command, unknown>
}

/** An io-ts codec for every member of the union. A missing one is a compile error. */
export type CommandTypes<Command extends { readonly type: string }> = {
  readonly [Name in Command['type']]: Type<Extract<Command, { readonly type: Name }>, unknown>
}

interface Known<Command> {
  readonly codec: Type<Command, unknown>
  readonly reads: (value: unknown) => value is Command
}

const typeIn = (input: unknown): unknown =>
  typeof input === 'object' && input !== null && 'type' in input ? input.type : undefined

/**
 * The codec of a union of commands that is declared elsewhere, discriminated by `type`. Where it is not,
 * {@link commands} is shorter. `decode` fails with issues for an unknown type or wrong data, which
 * `handleCommand` reports as `InvalidCommand`.
 *
 * @example
 * const giftCardCommands = commandCodec<GiftCardCommand>({ IssueGiftCard, RedeemGiftCard })
 */
export const commandCodec = <Command extends { readonly type: string }>(
  types: CommandTypes<Command>,
): CommandCodec<Command> => commandCodecOf(new Map(Object.entries(types)))

/** The codec of commands that are discriminated by `type`, from an io-ts codec of each. */
export const commandCodecOf = <Command>(
  declared: ReadonlyMap<string, Type<Command, unknown>>,
): CommandCodec<Command> => {
  const known = new Map<unknown, Known<Command>>()
  for (const [name, codec] of declared) {
    known.set(name, { codec, reads: fitsReading(codec) })
  }
  const unknown = (type: unknown): E.Either<ReadonlyArray<Issue>, never> => {
    const message = `unknown command type ${preview(type)}; known types: ${[...known.keys()].join(', ')}`
    return E.left([{ path: 'type', message }])
  }

  return {
    shape: oneOf([...declared.values()]),
    encode: (command) => {
      const codec = known.get(typeIn(command))?.codec
      if (codec === undefined) return unknown(typeIn(command))
      const written = writtenJson(definedFields(codec.encode(command)))
      if (E.isLeft(written)) return written
      const { data, plain } = written.right
      return codec.is(command) ? E.right(data) : E.left(codecMismatch(codec, plain))
    },
    decode: (input) => {
      const type = typeIn(input)
      const found = known.get(type)
      if (found === undefined) return unknown(type)
      if (found.reads(input)) return E.right(input)
      const decoded = found.codec.decode(input)
      return E.isLeft(decoded) ? E.left(issuesOf(decoded.left)) : decoded
    },
  }
}

/** One codec for the values of all `codecs`. (Decoding a union selects the codec by `type` instead.) */
export const oneOf = <Value>(
  codecs: ReadonlyArray<t.Type<Value, unknown>>,
): t.Type<Value, unknown> => {
  const [first, second, ...more] = codecs
  if (first === undefined) {
    const is = (_value: unknown): _value is Value => false
    return new t.Type('never', is, (value, context) => t.failure(value, context), t.identity)
  }
  return second === undefined ? first : t.union([first, second, ...more])
}
