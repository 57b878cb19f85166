// What a page may load, and from where: nothing of another host, and no script that is written into the page.
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The content security policy of every page, in the page itself, because a host of static files sends no header. The
 * playground's worker is a file of its own, to which it does not apply: it compiles what its reader has written.
 */
export const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'", // the colours of code, and the editor
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

const INLINE = /<script(?<attributes>[^>]*)>(?<code>[^]+?)<\/script>/g

/** For those who have no script: the menu needs one. */
const wayOn = (base) =>
  `<noscript><p class="without-script"><a href="${base}documentation.html">All pages</a></p></noscript>`

/** The page with each of its scripts in a file, and with a way on for who has no script. */
export const externalScripts = (html, outDir, base) =>
  html.replace('<body>', `<body>${wayOn(base)}`).replaceAll(INLINE, (whole, attributes, code) => {
    if (/\ssrc=/.test(attributes) || code.trim() === '') return whole
    const hash = createHash('sha256').update(code).digest('hex').slice(0, 8)
    const file = `assets/inline.${hash}.js`
    mkdirSync(join(outDir, 'assets'), { recursive: true })
    writeFileSync(join(outDir, file), code)
    return `<script${attributes} src="${base}${file}"></script>`
  })
