/** Where a word that is longer than a line may be broken: after punctuation, or before a capital letter. */
const SEAMS = /(?<=[:,;@=&?_./\-}\])])|(?<=[a-z0-9])(?=[A-Z])/

const cut = (text: string, width: number): ReadonlyArray<string> =>
  Array.from({ length: Math.ceil(text.length / width) }, (_, index) =>
    text.slice(index * width, (index + 1) * width),
  )

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
    if (line !== undefined && longer.length > width) {
      lines.push(line)
      line = part
    } else line = longer
  }
  return line === undefined ? lines : [...lines, line]
}

/**
 * The lines of a text, none of them longer than `width` characters. Lines end between words; only a word
 * that is longer than a line is broken, if possible where its parts meet.
 */
export const wrap = (text: string, width: number): ReadonlyArray<string> =>
  fill(
    text.split(' ').flatMap((word) => (word.length > width ? pieces(word, width) : [word])),
    width,
    ' ',
  )
