/** What the example writes to: short titles, aligned columns, and claims that are checked. */
export interface Screen {
  readonly title: (text: string) => void
  readonly say: (text: string) => void
  /** Rows under headings. A column whose heading begins with `>` is aligned to the right. */
  readonly table: (
    headings: ReadonlyArray<string>,
    rows: ReadonlyArray<ReadonlyArray<string | number>>,
  ) => void
  /** Prints whether `claim` holds, and counts it. */
  readonly check: (claim: string, holds: boolean) => void
  /** How many claims did hold, and how many did not. */
  readonly result: () => { readonly held: number; readonly broken: number }
}

const aligned = (
  headings: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string | number>>,
): ReadonlyArray<string> => {
  const names = headings.map((heading) => heading.replace(/^>/, ''))
  const lines = [names, ...rows.map((row) => row.map(String))]
  const widths = names.map((_, column) =>
    Math.max(...lines.map((line) => (line[column] ?? '').length)),
  )
  return lines.map((line) =>
    line
      .map((cell, column) => {
        const width = widths[column] ?? 0
        return headings[column]?.startsWith('>') === true
          ? cell.padStart(width)
          : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd(),
  )
}

/** @param write - is called with one line at a time. */
export const openScreen = (write: (line: string) => void): Screen => {
  let titles = 0
  let held = 0
  let broken = 0
  return {
    title: (text) => {
      titles += 1
      write('')
      write(`${titles}  ${text}`)
    },
    say: (text) => write(`   ${text}`.trimEnd()),
    table: (headings, rows) => {
      for (const line of aligned(headings, rows)) write(`   ${line}`)
    },
    check: (claim, holds) => {
      if (holds) held += 1
      else broken += 1
      write(`   ${holds ? '✓' : '✗ NOT SO:'} ${claim}`)
    },
    result: () => ({ held, broken }),
  }
}
