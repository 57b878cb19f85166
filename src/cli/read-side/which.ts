import * as E from 'fp-ts/Either'
import { streamIdError } from '../../core/stream'
import { type CliFailure, usage } from '../failure'
import { wholeNumber } from '../numbers'

/** What an operator may point at. */
export interface WhichOptions {
  readonly stream?: string
  readonly position?: string
  readonly request?: string
}

/** What an operator points at, checked: at most one. All left out: everything. */
export interface Pointed {
  readonly stream?: string
  readonly position?: number
  readonly request?: string
}

export const pointed = ({
  stream,
  position,
  request,
}: WhichOptions): E.Either<CliFailure, Pointed> => {
  const given = [stream, position, request].filter((option) => option !== undefined)
  if (given.length > 1) {
    return E.left(usage('Give one of --stream, --position and --request, and not more.'))
  }
  if (stream !== undefined) {
    const invalid = streamIdError(stream)
    return invalid === undefined ? E.right({ stream }) : E.left(usage(invalid.message))
  }
  if (request !== undefined) return E.right({ request })
  const number = wholeNumber('--position', position, 1)
  if (E.isLeft(number)) return number
  return E.right(number.right === undefined ? {} : { position: number.right })
}

/** `--stream account-7`, for a message. */
export const pointedText = ({ stream, position, request }: Pointed): string => {
  if (stream !== undefined) return ` of the stream ${stream}`
  if (position !== undefined) return ` at position ${position}`
  return request === undefined ? '' : ` with the id ${request}`
}
