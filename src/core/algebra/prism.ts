/**
 * A way to put a part into a whole, and to find it there: `unwrap(wrap(part))` is `part`, and `unwrap`
 * gives `undefined` for a whole that is not ours.
 */
export interface Prism<Whole, Part> {
  readonly wrap: (part: Part) => Whole
  readonly unwrap: (whole: Whole) => Part | undefined
}

/** Two ways to write the same: `unwrap(wrap(part))` is `part`, and `wrap(unwrap(whole))` is `whole`. */
export interface Iso<Whole, Part> {
  readonly wrap: (part: Part) => Whole
  readonly unwrap: (whole: Whole) => Part
}
