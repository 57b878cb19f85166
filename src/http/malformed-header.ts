import { httpProblem, type Problem } from './problem'

/** A header of the request is not what its definition says. */
export const malformedHeader = (name: string, expected: string): Problem => ({
  ...httpProblem(400, 'malformed-header', `${name} must be ${expected}.`),
  header: name,
})
