// The colours of code, as classes: the policy of the pages allows no style inside of them.
import { appendFileSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

const STYLE = / style="(--shiki-light:[^"]*)"/g

const classOf = (style) =>
  `c${style.replaceAll(/--shiki-|inherit/g, '').replaceAll(/[^0-9A-Za-z]+/g, '-')}`

const styles = new Map()

/** What each block of code passes through. In development the styles stay where they are. */
export const colourClasses = {
  name: 'colours as classes',
  postprocess: (html) =>
    process.argv.includes('dev')
      ? html
      : html.replaceAll(STYLE, (_, style) => {
          const name = classOf(style)
          styles.set(name, style)
          return ` class="${name}"`
        }),
}

/** Writes the classes to the style sheet of the site. */
export const writeColours = (outDir) => {
  const assets = join(outDir, 'assets')
  const sheet = readdirSync(assets).find((name) => /^style\..*\.css$/.test(name))
  if (sheet === undefined) throw new Error('the site has no style sheet')
  const rules = [...styles].map(([name, style]) => `.${name}{${style}}`)
  if (rules.length === 0 || readFileSync(join(assets, sheet), 'utf8').includes(rules[0])) return
  appendFileSync(join(assets, sheet), rules.join(''))
}
