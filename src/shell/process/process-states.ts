import * as E from 'fp-ts/Either'
import type { StoreFailed } from '../../core/errors/store'
import { undecodableDocument, type UndecodableDocument } from '../../core/errors/subscription'
import type { TransactionDocuments } from '../../core/ports/projection-store'
import type { ProcessManager } from '../../core/process-manager'

/** Where the states of a process manager lie. */
export const collectionOf = (name: string): string => `process:${name}`

/** The state of one process; the initial one if it has not heard anything yet. */
export const readState = async <Event, Command, State>(
  { name, state, process }: ProcessManager<Event, Command, State>,
  documents: TransactionDocuments,
  key: string,
): Promise<E.Either<StoreFailed | UndecodableDocument, State>> => {
  const collection = collectionOf(name)
  const document = await documents.get(collection, key)()
  if (E.isLeft(document)) return document
  if (document.right === undefined) return E.right(process.initialState)
  const decoded = state.decode(document.right.value)
  return E.isLeft(decoded) ? E.left(undecodableDocument(collection, key, decoded.left)) : decoded
}

export const writeState = async <Event, Command, State>(
  { name, state: codec }: ProcessManager<Event, Command, State>,
  documents: TransactionDocuments,
  key: string,
  state: State,
): Promise<E.Either<StoreFailed | UndecodableDocument, void>> => {
  const collection = collectionOf(name)
  const encoded = codec.encode(state)
  return E.isLeft(encoded)
    ? E.left(undecodableDocument(collection, key, encoded.left))
    : documents.put(collection, key, encoded.right)()
}
