// Checks the built site, as a browser would see it: every link and every anchor, what each page loads, and its size.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { gzipSync } from 'node:zlib'

/** What the first page may load of script, in bytes as hosts send it: compressed. */
const MOST_SCRIPT = 150_000

const decoded = (text) =>
  text.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'")

const valuesOf = (html, pattern) => [...html.matchAll(pattern)].map(([, value]) => decoded(value))

/** Of a file of script, and of all that it imports at once: not what is loaded when it is needed. */
const importedBy = (file, seen = new Set()) => {
  if (seen.has(file)) return seen
  seen.add(file)
  const text = readFileSync(file, 'utf8')
  for (const [, path] of text.matchAll(/(?:\bfrom|\bimport)\s*["'](\.{1,2}\/[^"']+\.js)["']/g)) {
    importedBy(join(dirname(file), path), seen)
  }
  return seen
}

/**
 * `problems`: one line each. `script`: what the first page loads of it, in KB.
 *
 * @param out - the folder of the site.
 * @param base - the path of its root on its host: `/reprise/`.
 */
export const checkSite = (out, base) => {
  const files = readdirSync(out, { recursive: true })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.html'))
  const pages = new Map(files.map((path) => [path, readFileSync(join(out, path), 'utf8')]))
  const anchors = new Map(
    [...pages].map(([path, html]) => [path, new Set(valuesOf(html, /\sid="([^"]+)"/g))]),
  )
  const problems = []
  let links = 0

  const fileOf = (path) => {
    const found = [path, `${path}.html`, posix.join(path, 'index.html')].find((candidate) => {
      const file = join(out, candidate)
      return existsSync(file) && statSync(file).isFile()
    })
    return found?.replace(/^\/+/, '')
  }
  const check = (page, link) => {
    if (/^(https?:|mailto:|data:)/.test(link)) return
    links += 1
    const url = new URL(link, `http://site${base}${page}`)
    const path = decodeURIComponent(url.pathname)
    if (!path.startsWith(base)) {
      problems.push(`${page}: ${link} is outside of ${base}`)
      return
    }
    const target = fileOf(path.slice(base.length))
    if (target === undefined) problems.push(`${page}: nothing is at ${link}`)
    const anchor = decodeURIComponent(url.hash.slice(1))
    if (anchor === '' || target === undefined || !pages.has(target)) return
    if (!anchors.get(target).has(anchor)) problems.push(`${page}: ${link} has no such heading`)
  }

  for (const [page, html] of pages) {
    for (const link of valuesOf(html, /\s(?:href|src)="([^"]*)"/g)) check(page, link)
    const foreign = valuesOf(html, /<(?:script|img|iframe)[^>]*\ssrc="(https?:[^"]*)"/g).concat(
      valuesOf(html, /<link[^>]*\shref="(https?:[^"]*)"/g),
    )
    for (const address of foreign) problems.push(`${page}: it loads ${address}`)
    const inline = valuesOf(html, /<script(?![^>]*\ssrc=)[^>]*>\s*(\S{1,40})/g)
    for (const code of inline) problems.push(`${page}: a script inside of it: ${code}`)
    if (!/<h1[ >]/.test(html) && page !== '404.html') problems.push(`${page}: no heading`)
  }

  const first = pages.get('index.html') ?? ''
  const entries = valuesOf(first, /<script[^>]*\ssrc="([^"]+)"/g).concat(
    valuesOf(first, /<link rel="modulepreload" href="([^"]+)"/g),
  )
  const scripts = new Set(
    entries.flatMap((entry) => [...importedBy(join(out, entry.slice(base.length)))]),
  )
  const contents = [...scripts].map((file) => readFileSync(file))
  const plain = contents.reduce((sum, { length }) => sum + length, 0)
  const gzip = contents.reduce((sum, content) => sum + gzipSync(content).length, 0)
  if (gzip > MOST_SCRIPT) {
    problems.push(`the first page loads ${gzip} bytes of script: more than ${MOST_SCRIPT}`)
  }
  const kilobytes = (bytes) => Math.round(bytes / 1000)
  return {
    problems,
    links,
    files: files.length,
    script: { plain: kilobytes(plain), gzip: kilobytes(gzip) },
  }
}
