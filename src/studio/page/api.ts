import { useEffect, useState } from 'preact/hooks'

/** Why an answer did not come. */
export interface Failure {
  readonly code: string
  readonly message: string
}

export type Answer<Content> =
  | { readonly ok: true; readonly content: Content }
  | { readonly ok: false; readonly failure: Failure }

const ENDED: Failure = {
  code: 'ended',
  message: 'The studio does not answer. It has ended, or was started again: see the terminal.',
}

const textOf = (value: unknown, key: string): string | undefined => {
  if (typeof value !== 'object' || value === null || !(key in value)) return undefined
  const found: unknown = Reflect.get(value, key)
  return typeof found === 'string' ? found : undefined
}

const answerOf = async <Content>(response: Response): Promise<Answer<Content>> => {
  const content: unknown = await response.json()
  if (response.ok) return { ok: true, content: content as Content }
  const code = textOf(content, 'code') ?? 'failed'
  const message = textOf(content, 'detail') ?? textOf(content, 'title') ?? response.statusText
  return { ok: false, failure: { code, message } }
}

/** Parameters of a request; those that are `undefined` are left out. */
export type Parameters = Readonly<Record<string, string | number | boolean | undefined>>

export const pathOf = (route: string, parameters: Parameters = {}): string => {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== '') query.set(name, String(value))
  }
  const text = query.toString()
  return `/api/${route}${text === '' ? '' : `?${text}`}`
}

/** `undefined`: the request was cancelled. */
export const get = async <Content>(
  path: string,
  signal?: AbortSignal,
): Promise<Answer<Content> | undefined> => {
  try {
    return await answerOf<Content>(await fetch(path, signal === undefined ? {} : { signal }))
  } catch {
    return signal?.aborted === true ? undefined : { ok: false, failure: ENDED }
  }
}

export const post = async <Content>(route: string, content: unknown): Promise<Answer<Content>> => {
  try {
    const body = JSON.stringify(content)
    const headers = { 'content-type': 'application/json' }
    return await answerOf<Content>(await fetch(`/api/${route}`, { method: 'POST', headers, body }))
  } catch {
    return { ok: false, failure: ENDED }
  }
}

export interface Loaded<Content> {
  readonly content: Content | undefined
  readonly failure: Failure | undefined
  /** The path that `content` is the answer to. */
  readonly of: string | undefined
  readonly reload: () => void
}

/**
 * What a path answers, read again every `interval` milliseconds while the page can be seen. What was there stays until the
 * next answer comes.
 */
export const useLoaded = <Content>(
  path: string | undefined,
  interval?: number,
): Loaded<Content> => {
  const [state, setState] = useState<Omit<Loaded<Content>, 'reload'>>({
    content: undefined,
    failure: undefined,
    of: undefined,
  })
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    if (path === undefined) return undefined
    const controller = new AbortController()
    let timer: number | undefined
    const load = async (): Promise<void> => {
      const answer = document.hidden ? undefined : await get<Content>(path, controller.signal)
      if (controller.signal.aborted) return
      if (answer?.ok === true) setState({ content: answer.content, failure: undefined, of: path })
      if (answer?.ok === false) {
        setState((before) => ({
          content: before.of === path ? before.content : undefined,
          failure: answer.failure,
          of: path,
        }))
      }
      if (interval !== undefined) timer = setTimeout(() => void load(), interval)
    }
    void load()
    return () => {
      controller.abort()
      clearTimeout(timer)
    }
  }, [path, interval, turn])
  return { ...state, reload: () => setTurn((before) => before + 1) }
}
