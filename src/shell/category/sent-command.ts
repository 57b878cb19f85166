import * as E from 'fp-ts/Either'
import { canonicalJson, plainCopy } from '../../core/canonical-json'
import type { Category } from '../../core/category'
import { type DeciderThrew, deciderThrew } from '../../core/errors/decision'
import { type InvalidCommand, invalidCommand } from '../../core/errors/invalid'
import { fingerprintOf } from '../../core/fingerprint'
import { isPlain } from '../../core/json'
import type { Metadata } from '../../core/metadata'
import { catching } from '../catching'
import type { CommandOptions, SentOptions } from './command'

/**
 * The command as it was validated, whatever the caller does to it while it waits, or is decided again.
 * Nearly every command is flat, and spreading it costs next to nothing.
 */
const commandCopy = <Command>(command: Command): Command => {
  if (typeof command !== 'object' || command === null || !isPlain(command)) return command
  for (const key in command) {
    if (typeof command[key] === 'object') return plainCopy(command)
  }
  return { ...command }
}

export const decodeCommand = <Command>(
  { commands, name }: Pick<Category<Command, never, never, never>, 'commands' | 'name'>,
  command: unknown,
): E.Either<InvalidCommand | DeciderThrew, Command> => {
  try {
    const decoded = commands.decode(command)
    return E.isLeft(decoded)
      ? E.left(invalidCommand(decoded.left))
      : E.right(commandCopy(decoded.right))
  } catch (cause) {
    return E.left(deciderThrew(name, 0, 'codec', cause))
  }
}

export const NO_OPTIONS: CommandOptions = {}

const SENT_WITHOUT = E.right(NO_OPTIONS)

/**
 * The options as they are now, whatever the caller does to them later, and the fingerprint of a command
 * with an id. What is `undefined` is left out. Left: they throw when they are read.
 */
export const sentOptions = (
  options: CommandOptions,
  command: unknown,
): E.Either<unknown, SentOptions> =>
  options === NO_OPTIONS ? SENT_WITHOUT : catching(() => optionsNow(options, command))

const optionsNow = (options: CommandOptions, command: unknown): SentOptions => {
  const { commandId, expectedVersion, metadata, sentAs = command } = options
  const fingerprint = commandId === undefined ? undefined : commandFingerprint(sentAs)
  return {
    ...(commandId === undefined ? {} : { commandId, fingerprint }),
    ...(expectedVersion === undefined ? {} : { expectedVersion }),
    ...(metadata === undefined ? {} : { metadata: canonicalJson(withoutUndefined(metadata)) }),
  }
}

/** A command can be a proxy, or have getters: what throws has no fingerprint. */
export const commandFingerprint = (command: unknown): string | undefined => {
  const found = catching(() => fingerprintOf(command))
  return E.isRight(found) ? found.right : undefined
}

export const withoutUndefined = (metadata: Metadata): Metadata =>
  Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== undefined))
