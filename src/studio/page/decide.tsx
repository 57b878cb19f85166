import { useId, useState } from 'preact/hooks'
import type { DecisionAnswer, StreamAnswer } from '../answers'
import { type Failure, post } from './api'
import { Changes } from './changes'
import { JsonView } from './json-view'
import { Badge, EventType, Problem } from './parts'

const parsed = (text: string): { readonly command: unknown } | undefined => {
  try {
    return { command: JSON.parse(text) as unknown }
  } catch {
    return undefined
  }
}

const typeOf = (command: unknown): string =>
  String(Reflect.get(Object(command) as object, 'type') ?? 'command')

const Decision = ({ decision }: { readonly decision: DecisionAnswer }) => {
  switch (decision._tag) {
    case 'Failed':
      return (
        <p class="problem">
          {decision.error}: {decision.message}
        </p>
      )
    case 'Rejected':
      return (
        <>
          <p>
            <Badge tone="warn" text="rejected" />
          </p>
          <JsonView shown={decision.rejection} name="the rejection" />
        </>
      )
    case 'Accepted':
      return (
        <>
          <p>
            <Badge tone="good" text="accepted" />{' '}
            {decision.events.length === 0 && 'There is nothing to do: no events.'}
          </p>
          <ol class="decided">
            {decision.events.map((event, index) => (
              <li key={index}>
                <EventType type={event.type} />
                <JsonView shown={event.data} name="data" />
              </li>
            ))}
          </ol>
          <h3>The state would change</h3>
          <Changes changes={decision.changes} more={decision.moreChanges} />
        </>
      )
  }
}

/** What a command would do at a version. Nothing is stored. */
export const DecideAgain = ({
  streamId,
  version,
  commands,
}: {
  readonly streamId: string
  readonly version: number
  readonly commands: NonNullable<StreamAnswer['commands']>
}) => {
  const [text, setText] = useState(() => JSON.stringify(commands[0] ?? { type: '' }, null, 2))
  const [decided, setDecided] = useState<{ decision: DecisionAnswer; version: number }>()
  const [failure, setFailure] = useState<Failure>()
  const id = useId()

  const decide = async (): Promise<void> => {
    const json = parsed(text)
    setDecided(undefined)
    if (json === undefined) {
      setFailure({ code: 'no-json', message: 'The command is not valid JSON.' })
      return
    }
    const content = { stream: streamId, version, command: json.command }
    const answer = await post<DecisionAnswer>('decide', content)
    setFailure(answer.ok ? undefined : answer.failure)
    if (answer.ok) setDecided({ decision: answer.content, version })
  }

  return (
    <article class="card" aria-label="Decide again">
      <h2>
        Decide again <span class="note">what would a command do at version {version}?</span>
      </h2>
      {commands.length > 0 && (
        <div class="chips" role="group" aria-label="Begin with">
          {commands.map((command) => (
            <button
              key={typeOf(command)}
              type="button"
              class="chip"
              onClick={() => setText(JSON.stringify(command, null, 2))}
            >
              {typeOf(command)}
            </button>
          ))}
        </div>
      )}
      <label for={id}>Command, as JSON</label>
      <textarea
        id={id}
        rows={Math.min(14, Math.max(4, text.split('\n').length))}
        spellcheck={false}
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void decide()
        }}
      />
      <div class="buttons">
        <button type="button" class="primary" onClick={() => void decide()}>
          Decide at version {version}
        </button>
        <span class="note">Nothing is stored.</span>
      </div>
      <div role="status">
        <Problem failure={failure} />
        {decided !== undefined && (
          <>
            {decided.version !== version && (
              <p class="note">This was decided at version {decided.version}.</p>
            )}
            <Decision decision={decided.decision} />
          </>
        )}
      </div>
    </article>
  )
}
