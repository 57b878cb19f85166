import { MAXIMUM_DEPTH } from '../json'

/** A place in a line that is read byte by byte. */
export interface ByteCursor {
  readonly bytes: Uint8Array
  at: number
  readonly end: number
  /** How many bytes stand for a backslash of the JSON: COPY writes each of them twice. */
  readonly slashes: 1 | 2
}

const [SPACE, QUOTE, COMMA, MINUS, POINT, ZERO, NINE, COLON] = [32, 34, 44, 45, 46, 48, 57, 58]
const [OPEN_LIST, BACKSLASH, CLOSE_LIST, OPEN_RECORD, CLOSE_RECORD, U] = [91, 92, 93, 123, 125, 117]
/** What may follow a backslash beside itself and `u`. */
const ESCAPES = new Set(new TextEncoder().encode('"/bfnrt'))
const LITERALS = ['true', 'false', 'null'].map((word) => new TextEncoder().encode(word))
/** No number of so many digits is beyond what JavaScript knows. */
const LONGEST_NUMBER = 300

/** Whether these bytes are here; then it goes on after them. */
export const skipBytes = (line: ByteCursor, expected: Uint8Array): boolean => {
  const { bytes, at } = line
  for (let index = 0; index < expected.length; index++) {
    if (bytes[at + index] !== expected[index]) return false
  }
  line.at = at + expected.length
  return line.at <= line.end
}

const peek = ({ bytes, at }: ByteCursor): number => bytes[at] ?? 0

/** Goes on after spaces. */
export const skipSpaces = (line: ByteCursor): void => {
  while (peek(line) === SPACE) line.at += 1
}

const isDigit = (byte: number): boolean => byte >= ZERO && byte <= NINE

const skipDigits = (line: ByteCursor): number => {
  const from = line.at
  while (isDigit(peek(line))) line.at += 1
  return line.at - from
}

/** One without an exponent: with one it may be too large. */
const skipNumber = (line: ByteCursor): boolean => {
  const from = line.at
  if (peek(line) === MINUS) line.at += 1
  const isZero = peek(line) === ZERO
  const digits = skipDigits(line)
  if (digits === 0 || (isZero && digits > 1)) return false
  if (peek(line) === POINT) {
    line.at += 1
    if (skipDigits(line) === 0) return false
  }
  return line.at - from <= LONGEST_NUMBER
}

/** What a digit stands for, or -1. */
export const hexDigit = (byte: number): number => {
  if (isDigit(byte)) return byte - ZERO
  const letter = (byte | 32) - 87
  return letter >= 10 && letter <= 15 ? letter : -1
}

/** Four digits that stand for a character: no NUL, and no half of one. */
const isStorable = (bytes: Uint8Array, at: number): boolean => {
  let code = 0
  for (let index = at; index < at + 4; index++) {
    const digit = hexDigit(bytes[index] ?? 0)
    if (digit < 0) return false
    code = code * 16 + digit
  }
  return code !== 0 && (code < 0xd800 || code > 0xdfff)
}

/** Where an escape ends, of which the first backslash is at `at`; 0: unknown. */
const escapeEnd = ({ bytes, slashes }: ByteCursor, at: number): number => {
  if (slashes === 2 && bytes[at + 1] !== BACKSLASH) return 0
  const after = at + slashes
  const escaped = bytes[after] ?? 0
  if (escaped === U) return isStorable(bytes, after + 1) ? after + 5 : 0
  if (escaped !== BACKSLASH) return ESCAPES.has(escaped) ? after + 1 : 0
  return slashes === 1 || bytes[after + 1] === BACKSLASH ? after + slashes : 0
}

const skipText = (line: ByteCursor): boolean => {
  const { bytes, end } = line
  let at = line.at + 1
  while (at < end) {
    const byte = bytes[at] ?? 0
    if (byte === QUOTE) {
      line.at = at + 1
      return true
    }
    if (byte < SPACE) return false
    if (byte === BACKSLASH) {
      at = escapeEnd(line, at)
      if (at === 0) return false
    } else {
      at += 1
    }
  }
  return false
}

const skipList = (line: ByteCursor, depth: number): boolean => {
  line.at += 1
  if (peek(line) === CLOSE_LIST) {
    line.at += 1
    return true
  }
  for (;;) {
    if (!skipValue(line, depth + 1)) return false
    const next = peek(line)
    line.at += 1
    if (next === CLOSE_LIST) return true
    if (next !== COMMA) return false
    skipSpaces(line)
  }
}

const skipRecord = (line: ByteCursor, depth: number): boolean => {
  line.at += 1
  if (peek(line) === CLOSE_RECORD) {
    line.at += 1
    return true
  }
  for (;;) {
    if (peek(line) !== QUOTE || !skipText(line) || peek(line) !== COLON) return false
    line.at += 1
    skipSpaces(line)
    if (!skipValue(line, depth + 1)) return false
    const next = peek(line)
    line.at += 1
    if (next === CLOSE_RECORD) return true
    if (next !== COMMA) return false
    skipSpaces(line)
  }
}

const skipValue = (line: ByteCursor, depth: number): boolean => {
  if (depth > MAXIMUM_DEPTH) return false
  const first = peek(line)
  if (first === QUOTE) return skipText(line)
  if (first === OPEN_RECORD) return skipRecord(line, depth)
  if (first === OPEN_LIST) return skipList(line, depth)
  if (first === MINUS || isDigit(first)) return skipNumber(line)
  return LITERALS.some((literal) => skipBytes(line, literal))
}

/** The value of the digits that are here, or -1. */
export const readWhole = (line: ByteCursor): number => {
  const { bytes, at } = line
  const digits = skipDigits(line)
  if (digits === 0 || digits > 15 || (digits > 1 && bytes[at] === ZERO)) return -1
  let value = 0
  for (let index = at; index < line.at; index++) value = value * 10 + (bytes[index] ?? 0) - ZERO
  return value
}

/**
 * Whether a record of JSON is here that a store takes as it is: see `measureJson`. Then it goes on after it. False means
 * "unknown": parse the line. Several times as fast as to parse it, and nothing is made of it.
 */
export const skipStorableRecord = (line: ByteCursor): boolean =>
  peek(line) === OPEN_RECORD && skipRecord(line, 0) && line.at <= line.end

/** As {@link skipStorableRecord}, of a text. */
export const skipStorableText = (line: ByteCursor): boolean =>
  peek(line) === QUOTE && skipText(line)

/** As {@link skipStorableRecord}, of a list. */
export const skipStorableList = (line: ByteCursor): boolean =>
  peek(line) === OPEN_LIST && skipList(line, 0) && line.at <= line.end
