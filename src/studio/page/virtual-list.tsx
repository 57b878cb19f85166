import {
  elementScroll,
  observeElementOffset,
  observeElementRect,
  Virtualizer,
} from '@tanstack/virtual-core'
import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from 'preact/hooks'

/** A long list of which only the rows that can be seen are in the document. */
export interface VirtualListProps {
  readonly label: string
  readonly count: number
  /** Of one row, in pixels. */
  readonly rowHeight: number
  readonly row: (index: number) => ComponentChildren
  /** Which row is chosen; the arrow keys move it. Omitted: the rows are links, and the keys move the focus. */
  readonly selected?: number
  readonly onSelect?: (index: number) => void
  /** Called with the rows that can be seen. */
  readonly onSeen?: (first: number, last: number) => void
}

const STEPS: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: 10,
  PageUp: -10,
  Home: -Infinity,
  End: Infinity,
}

const useVirtualizer = (count: number, rowHeight: number, scroller: () => HTMLElement | null) => {
  const [, rerender] = useReducer((turn: number) => turn + 1, 0)
  const options = {
    count,
    getScrollElement: scroller,
    estimateSize: () => rowHeight,
    overscan: 8,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => rerender(undefined),
  }
  const [virtualizer] = useState(() => new Virtualizer<HTMLElement, HTMLElement>(options))
  virtualizer.setOptions(options)
  useLayoutEffect(() => virtualizer._didMount(), [])
  useLayoutEffect(() => virtualizer._willUpdate())
  return virtualizer
}

export const VirtualList = ({
  label,
  count,
  rowHeight,
  row,
  selected,
  onSelect,
  onSeen,
}: VirtualListProps) => {
  const scroller = useRef<HTMLDivElement>(null)
  const virtualizer = useVirtualizer(count, rowHeight, () => scroller.current)
  const items = virtualizer.getVirtualItems()
  const first = items[0]?.index ?? 0
  const last = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (items.length > 0) onSeen?.(first, last)
  }, [first, last, count])
  useEffect(() => {
    if (selected !== undefined && selected < count) virtualizer.scrollToIndex(selected)
  }, [selected, count])

  const focusRow = (index: number): void => {
    virtualizer.scrollToIndex(index)
    const link = (): HTMLElement | null | undefined =>
      scroller.current?.querySelector<HTMLElement>(`[data-index="${index}"] a`)
    // At once if it is there: the next key may come before the next frame.
    const there = link()
    if (there) there.focus({ preventScroll: true })
    else requestAnimationFrame(() => link()?.focus())
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = STEPS[event.key]
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return
    const focused = document.activeElement?.closest<HTMLElement>('[data-index]')?.dataset['index']
    const from = selected ?? (focused === undefined ? -1 : Number(focused))
    const next = Math.min(count - 1, Math.max(0, from + step))
    event.preventDefault()
    if (onSelect === undefined) focusRow(next)
    else onSelect(next)
  }
  const isChoice = onSelect !== undefined
  const idOf = (index: number): string => `${label.replaceAll(' ', '-')}-${index}`

  return (
    <div
      ref={scroller}
      class="scroller"
      role={isChoice ? 'listbox' : 'list'}
      aria-label={label}
      tabIndex={0}
      onKeyDown={onKeyDown}
      {...(isChoice && selected !== undefined && selected >= first && selected <= last
        ? { 'aria-activedescendant': idOf(selected) }
        : {})}
    >
      <div
        class="scrolled"
        role="presentation"
        style={{ height: `${virtualizer.getTotalSize()}px` }}
      >
        {items.map(({ index, start }) => (
          <div
            key={index}
            id={idOf(index)}
            data-index={index}
            class={index === selected ? 'row chosen' : 'row'}
            role={isChoice ? 'option' : 'listitem'}
            aria-setsize={count}
            aria-posinset={index + 1}
            {...(isChoice ? { 'aria-selected': index === selected } : {})}
            style={{ height: `${rowHeight}px`, transform: `translateY(${start}px)` }}
            onClick={() => onSelect?.(index)}
          >
            {row(index)}
          </div>
        ))}
      </div>
    </div>
  )
}
