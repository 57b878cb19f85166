import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import type { OperatedAnswer } from '../answers'
import { type Failure, post } from './api'
import { ago, hueOf, moment } from './format'

/** The type of an event, with a colour that is always the same. */
export const EventType = ({ type }: { readonly type: string }) => (
  <span class="event-type">
    <span class="dot" style={{ background: `hsl(${hueOf(type)} 65% 50%)` }} aria-hidden="true" />
    <bdi>{type}</bdi>
  </span>
)

export type Tone = 'good' | 'warn' | 'bad' | 'calm'

export const Badge = ({ tone, text }: { readonly tone: Tone; readonly text: string }) => (
  <span class={`badge ${tone}`}>{text}</span>
)

export const Time = ({ at, now }: { readonly at: number; readonly now: number }) => (
  <time dateTime={new Date(at).toISOString()} title={`${moment(at)} UTC`}>
    {ago(at, now)}
  </time>
)

export const Problem = ({ failure }: { readonly failure: Failure | undefined }) =>
  failure === undefined ? null : (
    <p class="problem" role="alert">
      {failure.message}
    </p>
  )

export const Empty = ({ children }: { readonly children: ComponentChildren }) => (
  <p class="empty">{children}</p>
)

export const Title = ({
  text,
  children,
}: {
  readonly text: string
  readonly children?: ComponentChildren
}) => {
  useEffect(() => {
    document.title = `${text} · Reprise studio`
  }, [text])
  return (
    <header class="title">
      <h1>
        <bdi>{text}</bdi>
      </h1>
      {children}
    </header>
  )
}

/** How far something has come. */
export const Progress = ({
  label,
  value,
  most,
}: {
  readonly label: string
  readonly value: number
  readonly most: number
}) => (
  <progress
    aria-label={label}
    value={most === 0 ? 1 : Math.min(value, most)}
    max={most === 0 ? 1 : most}
  />
)

/** What is about to be done, and needs a confirmation. */
export interface Operation {
  readonly title: string
  readonly meaning: string
  readonly verb: string
  readonly content: Readonly<Record<string, unknown>>
}

/** Asks before anything is changed: who does it, and why, is written to the audit. */
export const Confirmation = ({
  operation,
  operator,
  onEnd,
}: {
  readonly operation: Operation
  readonly operator: string
  readonly onEnd: (message: string | undefined) => void
}) => {
  const dialog = useRef<HTMLDialogElement>(null)
  const [reason, setReason] = useState('')
  const [failure, setFailure] = useState<Failure>()
  const [isBusy, setBusy] = useState(false)
  const [titleId, reasonId] = [useId(), useId()]
  useEffect(() => dialog.current?.showModal(), [])

  const confirm = async (): Promise<void> => {
    setBusy(true)
    const answer = await post<OperatedAnswer>('operate', { ...operation.content, reason })
    setBusy(false)
    if (answer.ok) onEnd(answer.content.message)
    else setFailure(answer.failure)
  }

  return (
    <dialog ref={dialog} aria-labelledby={titleId} onClose={() => onEnd(undefined)}>
      <h2 id={titleId}>{operation.title}</h2>
      <p>{operation.meaning}</p>
      <label for={reasonId}>Why (optional)</label>
      <input
        id={reasonId}
        value={reason}
        maxLength={500}
        onInput={(event) => setReason(event.currentTarget.value)}
      />
      <p class="note">
        It is recorded in the audit as done by <strong>{operator}</strong>.
      </p>
      <Problem failure={failure} />
      <div class="buttons">
        <button type="button" onClick={() => dialog.current?.close()}>
          Cancel
        </button>
        <button type="button" class="primary" disabled={isBusy} onClick={() => void confirm()}>
          {operation.verb}
        </button>
      </div>
    </dialog>
  )
}

/** The operations of a view: a confirmation while there is one, and what came of the last. */
export const useOperations = (operator: string | undefined, onDone: () => void) => {
  const [operation, setOperation] = useState<Operation>()
  const [message, setMessage] = useState<string>()
  const shown =
    operation === undefined || operator === undefined ? null : (
      <Confirmation
        operation={operation}
        operator={operator}
        onEnd={(ended) => {
          setOperation(undefined)
          if (ended === undefined) return
          setMessage(ended)
          onDone()
        }}
      />
    )
  return {
    ask: operator === undefined ? undefined : setOperation,
    view: (
      <>
        {shown}
        <p class="message" role="status">
          {message ?? ''}
        </p>
      </>
    ),
  }
}
