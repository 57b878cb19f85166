/** The tags that an account's boundary asks for, and its events have: of nobody else's. */
export const boundaryOf = (stream) => [`account:${stream}`, `teller:${stream}`]
