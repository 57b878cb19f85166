// Lays out the pages of the site in `site/.pages`, from those of the repository: the same text, with links that lead to
// pages of the site, or to the repository, and diagrams as pictures. The pages themselves stay as a plain git host shows them.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, posix, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { codeOf } from './playground/examples.mjs'
import { drawDiagram, recolour } from './pictures.mjs'

export const ROOT = fileURLToPath(new URL('..', import.meta.url))
export const PAGES = fileURLToPath(new URL('.pages', import.meta.url))

const textOf = (path) => readFileSync(join(ROOT, path), 'utf8')

/** Pages of the repository outside of `docs`, and where they are on the site. */
const OTHERS = {
  'README.md': 'readme.md',
  'CHANGELOG.md': 'changelog.md',
  'SECURITY.md': 'security.md',
  'CONTRIBUTING.md': 'contributing.md',
  'examples/hotel/README.md': 'examples/hotel.md',
}

/** Every page of the repository, by its path, and its place on the site. */
const places = () => {
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.md') && !path.startsWith('api/'))
  return new Map([
    ...docs.map((path) => [`docs/${path}`, placeOf(path)]),
    ...Object.entries(OTHERS).filter(([path]) => existsSync(join(ROOT, path))),
  ])
}

const placeOf = (path) =>
  path === 'README.md' ? 'documentation.md' : path.replace(/(^|\/)README\.md$/, '$1index.md')

const routeOf = (place) => `/${place.replace(/\.md$/, '').replace(/(^|\/)index$/, '$1')}`

/** Where a link of a page leads to on the site; `undefined` if it is neither on the site nor in a known repository. */
const targetOf = (page, link, known, repository) => {
  const [path, anchor] = link.split('#')
  const hash = anchor === undefined ? '' : `#${anchor}`
  if (path === '') return link
  const target = posix.join(posix.dirname(page), path).replace(/\/$/, '')
  if (known.has(target)) return `${routeOf(known.get(target))}${hash}`
  if (known.has(`${target}/README.md`)) return routeOf(known.get(`${target}/README.md`))
  if (target === 'docs/api') return '/api/'
  const [, door] = /^docs\/api\/([\w-]+)\.api\.md$/.exec(target) ?? []
  if (door !== undefined) return `/api/${door}`
  if (!existsSync(join(ROOT, target)))
    throw new Error(`${page} links to ${link}, which is not there`)
  if (repository === undefined) return undefined
  const kind = statSync(join(ROOT, target)).isDirectory() ? 'tree' : 'blob'
  return `${repository}/${kind}/main/${target}${hash}`
}

const LINK = /(!?)\[((?:[^\]\\]|\\.)*)\]\(([^)\s]+)\)/g

/** A picture that is drawn twice: for the light theme, and for the dark one. */
const picture = (name, alt, { light, dark, width, height }, draw) => {
  draw(`${name}.svg`, light)
  draw(`${name}.dark.svg`, dark)
  const image = (theme, file) =>
    `<img class="in-${theme}" src="/pictures/${file}" alt="${alt}" width="${width}" height="${height}" loading="lazy">`
  return `<div class="picture" tabindex="0" role="group" aria-label="${alt}">${image('light', `${name}.svg`)}${image('dark', `${name}.dark.svg`)}</div>`
}

/** A picture that is as it is in both themes: a PNG. Its size is at its beginning. */
const photograph = (file, alt, draw) => {
  const content = readFileSync(join(ROOT, file))
  const name = file.replace(/^docs\//, '').replaceAll('/', '-')
  draw(name, content)
  const [width, height] = [content.readUInt32BE(16), content.readUInt32BE(20)]
  return `<img class="photograph" src="/pictures/${name}" alt="${alt}" width="${width}" height="${height}" loading="lazy">`
}

const stagePage = (page, place, { known, repository, draw }) => {
  const name = place.replace(/\.md$/, '').replaceAll('/', '-')
  const lines = textOf(page).split('\n')
  const written = []
  let fence
  let diagram
  let title = ''
  let drawn = 0
  for (const line of lines) {
    const [, opened, language] = /^\s*(`{3,})(\w*)/.exec(line) ?? []
    if (fence === undefined && language === 'mermaid') {
      ;[fence, diagram] = [opened, []]
      continue
    }
    if (fence !== undefined) {
      const isEnd = line.trim() === fence
      if (isEnd) fence = undefined
      if (diagram === undefined) written.push(line)
      else if (!isEnd) diagram.push(line)
      else {
        drawn += 1
        const alt = `Diagram: ${title}`
        written.push(picture(`${name}-${drawn}`, alt, drawDiagram(diagram.join('\n')), draw))
        diagram = undefined
      }
      continue
    }
    if (opened !== undefined) fence = opened
    if (opened === undefined && line.startsWith('#'))
      title = line.replace(/^#+ /, '').replaceAll(/[`"<>&]/g, '')
    written.push(
      opened !== undefined
        ? line
        : line.replaceAll(LINK, (whole, isPicture, text, link) => {
            if (/^[a-z]+:/.test(link)) return whole
            if (isPicture !== '') {
              const file = posix.join(posix.dirname(page), link)
              if (!file.endsWith('.svg')) return photograph(file, text, draw)
              return picture(posix.basename(link, '.svg'), text, recolour(textOf(file)), draw)
            }
            const target = targetOf(page, link, known, repository)
            return target === undefined ? text : `[${text}](${target})`
          }),
    )
  }
  const front = page.startsWith('docs/adr/') ? '---\noutline: false\n---\n\n' : ''
  return front + written.join('\n')
}

/** Code of the README, which the tests run, in place of `<!-- README: Test it -->`. */
const withReadme = (text) =>
  text.replaceAll(
    /<!-- README: (.*) -->/g,
    (_, title) => `\`\`\`ts\n${codeOf(textOf('README.md'), title)}\`\`\``,
  )

/**
 * Writes all pages that are not made by TypeDoc.
 *
 * @param repository - the address of the repository in a browser, for links to its files. Omitted: they are plain text.
 */
export const stage = ({ repository } = {}) => {
  rmSync(PAGES, { recursive: true, force: true })
  const write = (place, text) => {
    const file = join(PAGES, place)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  const draw = (file, svg) => write(join('public/pictures', file), svg)
  const known = places()
  for (const [page, place] of known)
    write(place, stagePage(page, place, { known, repository, draw }))
  const own = fileURLToPath(new URL('pages', import.meta.url))
  for (const file of readdirSync(own, { recursive: true })) {
    if (statSync(join(own, file)).isDirectory()) continue
    const content = readFileSync(join(own, file))
    write(file, file.endsWith('.md') ? withReadme(content.toString()) : content)
  }
  return [...known.values()].map((place) => relative('.', place).replaceAll('\\', '/'))
}
