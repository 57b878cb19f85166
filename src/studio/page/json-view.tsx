import { useState } from 'preact/hooks'
import type { Shown } from '../answers'
import { count, size } from './format'

type Json = Shown['value']

/** Text that is shown at first, and with every further click. Characters. */
const FIRST = 300
const MORE = 20_000
/** Entries of a list or record that are shown at first, and with every further click. */
const ENTRIES = 50

/** Text of the store: never markup, and its direction ends with it. */
export const StoredText = ({ text }: { readonly text: string }) => {
  const [limit, setLimit] = useState(FIRST)
  const isCut = text.length > limit
  return (
    <>
      <bdi>{isCut ? text.slice(0, limit) : text}</bdi>
      {isCut && (
        <button type="button" class="quiet" onClick={() => setLimit(limit + MORE)}>
          … show more ({size(text.length)})
        </button>
      )}
    </>
  )
}

const step = (key: string | number): string =>
  `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`

interface Inside {
  readonly hidden: ReadonlySet<string>
  readonly onReveal: (() => void) | undefined
  readonly pointer: string
  /** For the label of a hidden value. */
  readonly name: string
}

const Hidden = ({ name, onReveal }: Pick<Inside, 'name' | 'onReveal'>) => (
  <button
    type="button"
    class="hidden-value"
    title="Hidden, as it may be personal data: click to show"
    aria-label={`Show the hidden value of ${name}`}
    onClick={() => onReveal?.()}
  >
    ••••••
  </button>
)

const Scalar = ({ value }: { readonly value: string | number | boolean | null }) => {
  if (typeof value === 'string') {
    return (
      <span class="j-string">
        "<StoredText text={value} />"
      </span>
    )
  }
  return <span class={value === null ? 'j-null' : 'j-number'}>{String(value)}</span>
}

const Entries = ({ value, inside }: { readonly value: object; readonly inside: Inside }) => {
  const [limit, setLimit] = useState(ENTRIES)
  const entries = Object.entries(value) as ReadonlyArray<readonly [string, Json]>
  const isList = Array.isArray(value)
  return (
    <ul class="j-entries">
      {entries.slice(0, limit).map(([key, item]) => (
        <li key={key}>
          <span class={isList ? 'j-index' : 'j-key'}>
            <StoredText text={key} />
          </span>
          <Node
            value={item}
            inside={{
              ...inside,
              pointer: inside.pointer + step(key),
              name: isList ? inside.name : key,
            }}
          />
        </li>
      ))}
      {entries.length > limit && (
        <li>
          <button type="button" class="quiet" onClick={() => setLimit(limit + 10 * ENTRIES)}>
            show more (of {count(entries.length)})
          </button>
        </li>
      )}
    </ul>
  )
}

const Folded = ({ value, inside }: { readonly value: object; readonly inside: Inside }) => {
  const length = Object.keys(value).length
  const isDeep = inside.pointer.split('/').length > 3
  const [isOpen, setOpen] = useState(!isDeep || length <= 5)
  const [left, right] = Array.isArray(value) ? ['[', ']'] : ['{', '}']
  if (length === 0) return <span class="j-null">{left + right}</span>
  if (inside.pointer === '') return <Entries value={value} inside={inside} />
  return (
    <>
      <button
        type="button"
        class="quiet j-fold"
        aria-expanded={isOpen}
        aria-label={`${inside.name}, ${length} ${length === 1 ? 'entry' : 'entries'}`}
        onClick={() => setOpen(!isOpen)}
      >
        {isOpen ? left : `${left} ${length} ${right}`}
      </button>
      {isOpen && <Entries value={value} inside={inside} />}
      {isOpen && <span class="j-null">{right}</span>}
    </>
  )
}

const Node = ({ value, inside }: { readonly value: Json; readonly inside: Inside }) => {
  if (inside.hidden.has(inside.pointer)) return <Hidden {...inside} />
  return typeof value === 'object' && value !== null ? (
    <Folded value={value} inside={inside} />
  ) : (
    <Scalar value={value} />
  )
}

/** A value of the store. */
export const JsonView = ({
  shown,
  onReveal,
  name = 'the value',
}: {
  readonly shown: Shown
  readonly onReveal?: () => void
  readonly name?: string
}) => (
  <div class="json">
    <Node
      value={shown.value}
      inside={{ hidden: new Set(shown.hidden), onReveal, pointer: '', name }}
    />
  </div>
)
