import type { ShownChange } from '../answers'
import { JsonView } from './json-view'

const verb = ({ before, after }: ShownChange): 'added' | 'removed' | 'changed' => {
  if (before === undefined) return 'added'
  return after === undefined ? 'removed' : 'changed'
}

/** What is different between two states. */
export const Changes = ({
  changes,
  more,
  onReveal,
}: {
  readonly changes: ReadonlyArray<ShownChange>
  readonly more: boolean
  readonly onReveal?: () => void
}) => {
  if (changes.length === 0) return <p class="note">Nothing.</p>
  const reveal = onReveal === undefined ? {} : { onReveal }
  return (
    <ul class="changes">
      {changes.map((change) => {
        const path = change.path.join('.')
        return (
          <li key={path} class={`change ${verb(change)}`}>
            <span class="path">
              <bdi>{path === '' ? 'the whole state' : path}</bdi>
              <span class="visually-hidden"> {verb(change)}</span>
            </span>
            {change.before !== undefined && (
              <del>
                <JsonView shown={change.before} name={path} {...reveal} />
              </del>
            )}
            {change.after !== undefined && (
              <ins>
                <JsonView shown={change.after} name={path} {...reveal} />
              </ins>
            )}
          </li>
        )
      })}
      {more && <li class="note">and more</li>}
    </ul>
  )
}
