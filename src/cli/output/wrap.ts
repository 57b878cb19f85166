/** Where a word that is longer than a line may be broken: after punctuation, or before a capital letter. */
const SEAMS = /(?<=[:,;@=&?_./\-}\])])|(?<=[a-z0-9])(?=[A-Z])/

// eslint-disable-next-line no-control-regex -- colours begin with one
const COLOURS = /\u001b\[\d+m/g
const NARROW = /^[\u0020-\u02ff]*$/
/** What takes two columns: the characters of East Asia, and pictures. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u
/** What takes none: accents, and what joins characters. */
const NONE = /[\p{Mn}\p{Me}\u200b-\u200d\ufeff]/u

const widthOfOne = (character: string): number => {
  if (NONE.test(character)) return 0
  return WIDE.test(character) ? 2 : 1
}

/** How many columns of a terminal a text takes. */
export const widthOf = (text: string): number => {
  const plain = text.replace(COLOURS, '')
  if (NARROW.test(plain)) return plain.length
  let width = 0
  for (const character of plain) width += widthOfOne(character)
  return width
}

/** Pieces that take up to `width` columns; a single character may take more. */
const cut = (text: string, width: number): ReadonlyArray<string> => {
  const lines: string[] = []
  let line = ''
  let taken = 0
  for (const character of text) {
    const more = widthOfOne(character)
    if (taken + more > width && line !== '') {
      lines.push(line)
      line = ''
      taken = 0
    }
    line += character
    taken += more
  }
  return line === '' ? lines : [...lines, line]
}

/** Splits a word that is longer than a line into pieces as long as possible. */
const pieces = (word: string, width: number): ReadonlyArray<string> =>
  fill(
    word.split(SEAMS).flatMap((part) => cut(part, width)),
    width,
    '',
  )

const fill = (
  parts: ReadonlyArray<string>,
  width: number,
  between: string,
): ReadonlyArray<string> => {
  const lines: string[] = []
  let line: string | undefined
  for (const part of parts) {
    const longer: string = line === undefined ? part : `${line}${between}${part}`
    if (line !== undefined && widthOf(longer) > width) {
      lines.push(line)
      line = part
    } else line = longer
  }
  return line === undefined ? lines : [...lines, line]
}

/**
 * The lines of a text, none of them wider than `width` columns. Lines end between words; only a word
 * that is longer than a line is broken, if possible where its parts meet.
 */
export const wrap = (text: string, width: number): ReadonlyArray<string> =>
  fill(
    text.split(' ').flatMap((word) => (widthOf(word) > width ? pieces(word, width) : [word])),
    width,
    ' ',
  )

/** What is to be copied stays on one line, which the terminal breaks for the eye only. */
const isCommand = (line: string): boolean => /^ *-> npx /.test(line)

const foldedLine = (line: string, columns: number): ReadonlyArray<string> => {
  if (widthOf(line) <= columns || isCommand(line)) return [line]
  const indent = /^ */.exec(line)?.[0] ?? ''
  const hanging = `${indent}  `
  return wrap(line.slice(indent.length), Math.max(columns - hanging.length, 16)).map(
    (part, index) => `${index === 0 ? indent : hanging}${part}`,
  )
}

/**
 * A text for a terminal of so many columns: its long lines go on below, indented by two columns more.
 *
 * @param columns - `undefined`: it is not for a terminal, and stays as it is.
 */
export const folded = (text: string, columns: number | undefined): string =>
  columns === undefined
    ? text
    : text
        .split('\n')
        .flatMap((line) => foldedLine(line, columns))
        .join('\n')
