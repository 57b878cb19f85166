import * as E from 'fp-ts/Either'
import { fieldOf } from '../../core/issue'
import type { StoreFailed } from '../../core/errors/store'
import { undecodableDocument, type UndecodableDocument } from '../../core/errors/projection'
import type { TransactionDocuments } from '../../core/ports/projection-store'
import { type ProcessManager, processSubscription } from '../../core/process-manager'

/** What is stored of a process. Once it has ended, only that it has. */
export type ProcessRecord<State> =
  { readonly _tag: 'Alive'; readonly state: State } | { readonly _tag: 'Over' }

type Failing<Value> = Promise<E.Either<StoreFailed | UndecodableDocument, Value>>

/** One process; in its initial state if it has not received any event yet. */
export const readProcess = async <Stored, Event, Command, State>(
  { name, state: codec, process }: ProcessManager<Stored, Event, Command, State>,
  documents: TransactionDocuments,
  key: string,
): Failing<ProcessRecord<State>> => {
  const collection = processSubscription(name)
  const document = await documents.get(collection, key)()
  if (E.isLeft(document)) return document
  if (document.right === undefined) return E.right({ _tag: 'Alive', state: process.initialState })
  const { value } = document.right
  if (fieldOf(value, 'over') === true) return E.right({ _tag: 'Over' })
  const state = codec.decode(fieldOf(value, 'state'))
  return E.isLeft(state)
    ? E.left(undecodableDocument(collection, key, state.left))
    : E.right({ _tag: 'Alive', state: state.right })
}

/** Writes the state of a process, or that it has ended. */
export const writeProcess = async <Stored, Event, Command, State>(
  { name, state: codec }: ProcessManager<Stored, Event, Command, State>,
  documents: TransactionDocuments,
  key: string,
  record: ProcessRecord<State>,
): Failing<void> => {
  const collection = processSubscription(name)
  if (record._tag === 'Over') return documents.put(collection, key, { over: true })()
  const state = codec.encode(record.state)
  return E.isLeft(state)
    ? E.left(undecodableDocument(collection, key, state.left))
    : documents.put(collection, key, { state: state.right })()
}
