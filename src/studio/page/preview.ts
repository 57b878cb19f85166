import type { EventRow } from '../answers'

const MOST = 120

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value.slice(0, MOST) : JSON.stringify(value).slice(0, MOST)

/** The data of an event in one line, for a list. What is hidden stays hidden. */
export const previewOf = ({ data }: Pick<EventRow, 'data'>): string => {
  if (data === undefined) return ''
  const hidden = new Set(data.hidden.map((pointer) => pointer.split('/')[1] ?? ''))
  return Object.entries(Object(data.value) as object)
    .map(([key, value]) => `${key} ${hidden.has(key) ? '•••' : textOf(value)}`)
    .join(', ')
    .slice(0, MOST)
}
