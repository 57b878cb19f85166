import { useEffect, useState } from 'preact/hooks'

/** Where the page is: `#/stream/account-A1?version=7`. */
export interface Place {
  readonly view: string
  readonly subject: string
  readonly parameters: URLSearchParams
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const placeOf = (hash: string): Place => {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2)
  const slash = path.indexOf('/')
  const [view, subject] = slash === -1 ? [path, ''] : [path.slice(0, slash), path.slice(slash + 1)]
  return {
    view: view === '' ? 'streams' : view,
    subject: decoded(subject),
    parameters: new URLSearchParams(query),
  }
}

export const linkTo = (
  view: string,
  subject = '',
  parameters: Readonly<Record<string, string | number | undefined>> = {},
): string => {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== '') query.set(name, String(value))
  }
  const text = query.toString()
  return `#/${view}${subject === '' ? '' : `/${encodeURIComponent(subject)}`}${text === '' ? '' : `?${text}`}`
}

/** Goes to another place, with the browser's own way back. */
export const go = (link: string): void => {
  location.hash = link
}

/** Changes the address and nothing else: for what changes often, a slider for instance. */
export const replaceAddress = (link: string): void => {
  history.replaceState(undefined, '', link)
}

export const usePlace = (): Place => {
  const [hash, setHash] = useState(location.hash)
  useEffect(() => {
    const changed = (): void => setHash(location.hash)
    addEventListener('hashchange', changed)
    return () => removeEventListener('hashchange', changed)
  }, [])
  return placeOf(hash)
}
