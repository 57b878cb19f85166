import { type ComponentChild, render } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { About } from '../answers'
import { AuditView } from './audit'
import { pathOf, useLoaded } from './api'
import { CorrelationView } from './correlation'
import { LiveView } from './live'
import { Badge, Empty, Problem } from './parts'
import { ProjectionsView } from './projections'
import { linkTo, type Place, usePlace } from './router'
import { StreamView } from './stream'
import { StreamsView } from './streams'
import { SubscriptionsView } from './subscriptions'
import { TimersView } from './timers'

const VIEWS: ReadonlyArray<readonly [view: string, title: string]> = [
  ['streams', 'Streams'],
  ['live', 'Live'],
  ['correlation', 'Correlation'],
  ['subscriptions', 'Subscriptions'],
  ['timers', 'Timers'],
  ['projections', 'Projections'],
  ['audit', 'Audit'],
]

const THEMES = ['auto', 'light', 'dark'] as const
type Theme = (typeof THEMES)[number]
const THEME_KEY = 'reprise-studio-theme'

const storedTheme = (): Theme =>
  THEMES.find((theme) => theme === localStorage.getItem(THEME_KEY)) ?? 'auto'

const ThemeChoice = () => {
  const [theme, setTheme] = useState(storedTheme)
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme
    localStorage.setItem(THEME_KEY, theme)
  }, [theme])
  return (
    <label class="theme">
      <span>Theme</span>
      <select
        aria-label="Theme"
        value={theme}
        onChange={(event) => {
          setTheme(THEMES.find((one) => one === event.currentTarget.value) ?? 'auto')
        }}
      >
        {THEMES.map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </select>
    </label>
  )
}

/** `about` comes with the first answer: what does not need it does not wait for it. */
type View = (at: { readonly place: Place; readonly about: About | undefined }) => ComponentChild

const views: ReadonlyMap<string, View> = new Map<string, View>([
  ['streams', ({ place }) => <StreamsView key={place.parameters.toString()} place={place} />],
  ['stream', ({ place }) => <StreamView key={place.subject} place={place} />],
  ['live', () => <LiveView />],
  ['correlation', ({ place }) => <CorrelationView place={place} />],
  [
    'subscriptions',
    ({ place, about }) => about && <SubscriptionsView place={place} about={about} />,
  ],
  ['timers', ({ place, about }) => about && <TimersView place={place} about={about} />],
  ['projections', ({ about }) => about && <ProjectionsView about={about} />],
  ['audit', () => <AuditView />],
])

/** `/` goes to the search of the view, unless someone is typing. */
const useSearchKey = (): void => {
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      const isTyping = /^(?:INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? '')
      if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey) return
      const search = document.getElementById('search')
      if (search === null) return
      event.preventDefault()
      search.focus()
    }
    addEventListener('keydown', pressed)
    return () => removeEventListener('keydown', pressed)
  }, [])
}

const Side = ({ view, about }: { readonly view: string; readonly about: About | undefined }) => (
  <header class="side">
    <a class="brand" href={linkTo('streams')}>
      <img src="/icon.svg" width={26} height={26} alt="" />
      Reprise <span>studio</span>
    </a>
    <nav aria-label="Views">
      {VIEWS.map(([name, title]) => (
        <a
          key={name}
          href={linkTo(name)}
          {...(name === view || (name === 'streams' && view === 'stream')
            ? { 'aria-current': 'page' as const }
            : {})}
        >
          {title}
        </a>
      ))}
    </nav>
    <div class="foot">
      {about !== undefined && (
        <>
          <Badge
            tone={about.operator === undefined ? 'calm' : 'warn'}
            text={about.operator === undefined ? 'read-only' : `operating as ${about.operator}`}
          />
          <p class="note">
            <bdi>{about.place}</bdi>, schema <bdi>{about.schema}</bdi>
          </p>
        </>
      )}
      <ThemeChoice />
    </div>
  </header>
)

const App = () => {
  const place = usePlace()
  const { content: about, failure } = useLoaded<About>(pathOf('about'))
  useSearchKey()
  return (
    <>
      <a
        class="skip"
        href="#content"
        onClick={(event) => {
          event.preventDefault()
          document.getElementById('content')?.focus()
        }}
      >
        To the content
      </a>
      <div class="app">
        <Side view={place.view} about={about} />
        <main id="content" tabIndex={-1}>
          <Problem failure={failure} />
          {views.has(place.view) ? (
            views.get(place.view)?.({ place, about })
          ) : (
            <Empty>There is no such view.</Empty>
          )}
        </main>
      </div>
    </>
  )
}

const root = document.getElementById('app')
if (root !== null) render(<App />, root)
