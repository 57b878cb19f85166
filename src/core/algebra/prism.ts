/**
 * Puts a part into a whole, and finds it there: `unwrap(wrap(part))` is `part`, and `unwrap` returns
 * `undefined` for a whole that does not contain such a part.
 */
export interface Prism<Whole, Part> {
  readonly wrap: (part: Part) => Whole
  readonly unwrap: (whole: Whole) => Part | undefined
}

/** Two forms of the same value: `unwrap(wrap(part))` is `part`, and `wrap(unwrap(whole))` is `whole`. */
export interface Iso<Whole, Part> {
  readonly wrap: (part: Part) => Whole
  readonly unwrap: (whole: Whole) => Part
}
