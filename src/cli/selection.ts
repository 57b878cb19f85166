import * as E from 'fp-ts/Either'
import type { JsonObject } from '../core/json'
import { streamIdError } from '../core/stream'
import { type CliFailure, usage } from './failure'
import { wholeNumber } from './numbers'

/** What an operator can select. */
export interface SelectionOptions {
  readonly stream?: string
  readonly position?: string
  readonly command?: string
}

/** A validated selection. */
export type Selection =
  | { readonly _tag: 'All' }
  | { readonly _tag: 'Stream'; readonly stream: string }
  | { readonly _tag: 'Position'; readonly position: number }
  | { readonly _tag: 'Command'; readonly command: string }

export const selectionOf = ({
  stream,
  position,
  command,
}: SelectionOptions): E.Either<CliFailure, Selection> => {
  const given = [stream, position, command].filter((option) => option !== undefined)
  if (given.length > 1) {
    return E.left(usage('Give only one of --stream, --position and --command.'))
  }
  if (stream !== undefined) {
    const invalid = streamIdError(stream)
    return invalid === undefined
      ? E.right({ _tag: 'Stream', stream })
      : E.left(usage(invalid.message))
  }
  if (command !== undefined) return E.right({ _tag: 'Command', command })
  return E.map((number: number | undefined): Selection =>
    number === undefined ? { _tag: 'All' } : { _tag: 'Position', position: number },
  )(wholeNumber('--position', position, 1))
}

/** ` of the stream account-7`, for a message. */
export const selectionText = (selection: Selection): string => {
  switch (selection._tag) {
    case 'All':
      return ''
    case 'Stream':
      return ` of the stream ${selection.stream}`
    case 'Position':
      return ` at position ${selection.position}`
    case 'Command':
      return ` with the id ${selection.command}`
  }
}

/** What the audit keeps of it. */
export const selectionDetail = (selection: Selection): JsonObject => {
  switch (selection._tag) {
    case 'All':
      return { all: true }
    case 'Stream':
      return { stream: selection.stream }
    case 'Position':
      return { positions: [selection.position] }
    case 'Command':
      return { commands: [selection.command] }
  }
}
