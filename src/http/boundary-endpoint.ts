import type { Metadata } from '../core/metadata'
import type { OpenBoundary } from '../shell/boundary/open-boundary'
import { type CommandEndpointOptions, respondToCommand } from './command-endpoint'
import { httpProblem, problemResponse } from './problem'

/** How a boundary answers commands. Every key is optional. */
export interface BoundaryEndpointOptions<State, Event, Rejection> extends Omit<
  CommandEndpointOptions<State, Event, Rejection>,
  'required'
> {
  /** Headers without which a command is refused: 400 `idempotency-key-required`. Default: none. */
  readonly required?: ReadonlyArray<'idempotency-key'>
}

/** What an endpoint needs of a boundary. */
export type BoundaryHandler<State, Event, Rejection> = Pick<
  OpenBoundary<never, State, Event, Rejection>,
  'handle'
>

const noPrecondition = httpProblem(
  400,
  'precondition-not-possible',
  'The request must have neither If-Match nor If-None-Match: a rule across several things has no version.',
)

/**
 * An endpoint for the commands of a boundary: as {@link commandEndpoint}, without an `ETag`, for what a boundary decides
 * on has no version. A request with preconditions is `precondition-not-possible` (400), and nothing is done. A command
 * that other writers were faster than at every attempt is `boundary-conflict` (409).
 *
 * The function it returns takes the request, and metadata of the application's own. Its promise is never rejected.
 *
 * @example
 * const seats = boundaryEndpoint(openBoundary(courseEnrolment, backend), {
 *   rejected: ({ _tag }) => ({ status: _tag === 'CourseFull' ? 409 : 422 }),
 * })
 * app.post('/enrolment/commands', (c) => seats(c.req.raw))
 */
export const boundaryEndpoint =
  <State, Event, Rejection>(
    boundary: BoundaryHandler<State, Event, Rejection>,
    options: BoundaryEndpointOptions<State, Event, Rejection> = {},
  ): ((request: Request, metadata?: Metadata) => Promise<Response>) =>
  async (request, metadata = {}) => {
    if (request.headers.has('if-match') || request.headers.has('if-none-match')) {
      return problemResponse(noPrecondition)
    }
    return respondToCommand(
      { request, metadata },
      options,
      (command, sent) => boundary.handle(command, sent)(),
      () => ({}),
    )
  }
