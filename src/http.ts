/** The names of `reprise/http`: HTTP without a framework. Nothing in `src` imports this file. */
export { type Answer, conditionalAnswer, type OnFailure, type RequestFailure } from './http/answer'
export {
  boundaryEndpoint,
  type BoundaryEndpointOptions,
  type BoundaryHandler,
} from './http/boundary-endpoint'
export {
  commandEndpoint,
  type CommandEndpointOptions,
  type CommandHandler,
} from './http/command-endpoint'
export { commandOptionsFrom, type RequestOptions } from './http/command-options'
export { entityTag } from './http/entity-tag'
export { type BodyLimits, readJson } from './http/json-body'
export {
  answerClientError,
  nodeListener,
  type NodeListenerOptions,
  type RequestHandler,
} from './http/node/listener'
export { httpProblem, type Problem, type ProblemFields, problemResponse } from './http/problem'
export {
  POSITION_HEADER,
  readYourWrites,
  type ReadYourWritesOptions,
  type UntilOfSource,
  type WaitUntil,
} from './http/read-your-writes'
export {
  problem,
  type ProblemContext,
  type ProblemOptions,
  type RequestError,
} from './http/request-problem'
export { stateEndpoint, type StateEndpointOptions } from './http/state-endpoint'
export { traceContextOf, type TraceContext } from './http/trace-context'
