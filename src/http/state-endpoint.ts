import * as E from 'fp-ts/Either'
import type { OpenCategory } from '../shell/category/open-category'
import type { Versioned } from '../shell/state/replay'
import { type Answer, conditionalAnswer, failureResponse, type OnFailure } from './answer'
import { httpProblem, problemResponse } from './problem'
import { problem, type ProblemOptions } from './request-problem'

/** How a category shows its states. */
export interface StateEndpointOptions<State> extends Omit<ProblemOptions<never>, 'rejected'> {
  /** What is shown of a state. There is no default: most states hold what their callers must not see. */
  readonly answer: (current: Versioned<State>, request: Request) => Answer
  /** Default: nothing is logged. */
  readonly onFailure?: OnFailure
}

const missing = httpProblem(404, 'not-found', 'There is nothing under this id.')

/**
 * An endpoint that shows the current state of a stream, read from the store, to GET and HEAD: see
 * {@link conditionalAnswer} for its `ETag`, 304 and 412. A stream without events is `not-found` (404). The promise is
 * never rejected: every failure is a problem document, see {@link problem}.
 *
 * @example
 * const show = stateEndpoint(cards, { answer: ({ state }) => ({ json: { balance: state.balance } }) })
 * app.get('/gift-cards/:id', (c) => show(c.req.raw, c.req.param('id')))
 */
export const stateEndpoint =
  <State>(
    { load }: Pick<OpenCategory<never, State, unknown, unknown>, 'load'>,
    { answer, onFailure, ...options }: StateEndpointOptions<State>,
  ): ((request: Request, id: string) => Promise<Response>) =>
  async (request, id) => {
    const loaded = await load(id)()
    if (E.isLeft(loaded)) {
      const shown = problem(loaded.left, options)
      return failureResponse(onFailure, { error: loaded.left, problem: shown, request })
    }
    const current = loaded.right
    return current.version === 0
      ? problemResponse(missing)
      : conditionalAnswer(request, current.version, () => answer(current, request), onFailure)
  }
