/** How many bytes of UTF-8 a well-formed text takes. */
export const bytesOf = (text: string): number => {
  let bytes = text.length
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1
  }
  return bytes
}

// Code units in the order of their code points: those of pairs come after all others.
const rank = (unit: number): number =>
  unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800

/**
 * The order of code points, which is that of the bytes of UTF-8, and in which PostgreSQL sorts with collation "C". That of
 * JavaScript's own strings is another one. Both texts are well-formed.
 */
export const byCodePoints = (left: string, right: string): number => {
  const length = Math.min(left.length, right.length)
  for (let index = 0; index < length; index++) {
    const [one, other] = [left.charCodeAt(index), right.charCodeAt(index)]
    if (one !== other) return rank(one) - rank(other)
  }
  return left.length - right.length
}

// eslint-disable-next-line no-control-regex -- finding control characters is the point
const CONTROL = /[\u0000-\u001f\u007f]/

/** Whether a text holds a control character: U+0000 to U+001F, or U+007F. */
export const hasControlCharacter = (text: string): boolean => CONTROL.test(text)
