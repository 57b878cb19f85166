import { useEffect, useState } from 'preact/hooks'
import type { About, CommandRow, OutboxAnswer, SubscriptionsAnswer } from '../answers'
import { pathOf, useLoaded } from './api'
import { duration, moment, plural } from './format'
import { JsonView } from './json-view'
import { Badge, Empty, type Operation, Problem, Title, useOperations } from './parts'
import { linkTo, type Place } from './router'

const POLL = 2_000

/** The time, once a second. */
const useNow = (): number => {
  const [now, setNow] = useState(Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000)
    return () => clearInterval(timer)
  }, [])
  return now
}

const Countdown = ({ command, now }: { readonly command: CommandRow; readonly now: number }) => {
  if (command.parked) return <Badge tone="bad" text="parked" />
  const left = (command.dueAt - now) / 1_000
  return left <= 0 ? (
    <Badge tone="warn" text="due" />
  ) : (
    <span class="countdown" title={`${moment(command.dueAt)} UTC`}>
      in {duration(left)}
    </span>
  )
}

const decisionOf = (action: 'retry' | 'skip', command: CommandRow): Operation => ({
  title: action === 'retry' ? 'Send this command again?' : 'Skip this command?',
  meaning:
    action === 'retry'
      ? `${command.id} is due at once, with what waits behind it.`
      : `${command.id} is deleted, and never sent.`,
  verb: action === 'retry' ? 'Send again' : 'Skip for good',
  content: { action, subject: `process:${command.process}`, commands: [command.id] },
})

const Command = ({
  command,
  now,
  ask,
  onReveal,
}: {
  readonly command: CommandRow
  readonly now: number
  readonly ask: ((operation: Operation) => void) | undefined
  readonly onReveal: () => void
}) => (
  <article class="card">
    <h2>
      <bdi>{command.timer === undefined ? command.key : `${command.timer} of ${command.key}`}</bdi>
      <Countdown command={command} now={now} />
    </h2>
    <JsonView shown={command.command} name="the command" onReveal={onReveal} />
    {command.failure !== undefined && (
      <p class="failure">
        <bdi>{command.failure.message}</bdi>
      </p>
    )}
    <p class="note">
      {command.timer === undefined ? 'command' : 'timer'} {command.id}
      {command.attempts > 0 && `, ${plural(command.attempts, 'attempt')}`}
    </p>
    {ask !== undefined && command.parked && (
      <div class="buttons">
        <button type="button" onClick={() => ask(decisionOf('retry', command))}>
          Retry
        </button>
        <button type="button" class="danger" onClick={() => ask(decisionOf('skip', command))}>
          Skip
        </button>
      </div>
    )}
  </article>
)

const Outbox = ({ process, about }: { readonly process: string; readonly about: About }) => {
  const [reveal, setReveal] = useState(false)
  const path = pathOf('outbox', { process, limit: 200, reveal: reveal ? true : undefined })
  const { content, failure, reload } = useLoaded<OutboxAnswer>(path, POLL)
  const { ask, view } = useOperations(about.operator, reload)
  const now = useNow()
  return (
    <section aria-label={`Outbox of ${process}`}>
      {view}
      <Problem failure={failure} />
      {content?.commands.map((command) => (
        <Command key={command.id} {...{ command, now, ask }} onReveal={() => setReveal(true)} />
      ))}
      {content?.commands.length === 0 && (
        <Empty>Nothing waits: no timer runs, and every command was answered.</Empty>
      )}
      {content?.more === true && <p class="note">There are more: these are the first 200.</p>}
    </section>
  )
}

export const TimersView = ({
  place: { subject },
  about,
}: {
  readonly place: Place
  readonly about: About
}) => {
  const { content, failure } = useLoaded<SubscriptionsAnswer>(pathOf('subscriptions'))
  const processes = [...new Set(content?.partitions.flatMap(({ process }) => process ?? []) ?? [])]
  const chosen = subject === '' ? processes[0] : subject
  return (
    <section class="view scrolls">
      <Title text="Timers and commands">
        <span class="note">what process managers have asked for, and is not answered yet</span>
      </Title>
      <Problem failure={failure} />
      {content !== undefined && processes.length === 0 && (
        <Empty>No process manager has ever been started here.</Empty>
      )}
      <nav class="chips" aria-label="Process managers">
        {processes.map((name) => (
          <a
            key={name}
            class="chip"
            href={linkTo('timers', name)}
            {...(name === chosen ? { 'aria-current': 'true' as const } : {})}
          >
            <bdi>{name}</bdi>
          </a>
        ))}
      </nav>
      {chosen !== undefined && <Outbox key={chosen} process={chosen} about={about} />}
    </section>
  )
}
