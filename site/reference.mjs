// What TypeDoc has written, as pages of the site: named as the entry points are, with a page that lists them.
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { anchorOf } from './anchors.mjs'
import { PAGES } from './stage.mjs'

const FOR = {
  reprise: 'an application: categories, commands, projections, subscriptions, process managers',
  codec: 'fields, ready types, schemas of zod and others, upcasters, state codecs',
  algebra: 'composing deciders, views and processes',
  boundary: 'rules across streams',
  memory: 'the backend in memory',
  postgres: 'the backend on PostgreSQL and PGlite',
  http: 'categories as endpoints, in any framework or none',
  testing: 'specifications, laws, and the contracts that every store passes',
  opentelemetry: 'traces and metrics',
  adapter: 'the author of a store: every port, limit, check and error constructor',
}

const importOf = (door) => (door === 'reprise' ? door : `reprise/${door}`)

/** How often each heading is on a page, by its anchor. */
const headingsOf = (text) => {
  const counts = new Map()
  for (const [, heading] of text.matchAll(/^#+ (.*)$/gm)) {
    const anchor = anchorOf(heading.replaceAll('\\', ''))
    counts.set(anchor, (counts.get(anchor) ?? 0) + 1)
  }
  return counts
}

/** TypeDoc counts names, and some of those have no heading: `#name-1` where there is one `name` only is `#name`. */
const withAnchors = (text, own, pages) =>
  text.replaceAll(/\]\(([\w-]+\.md)?#([\w-]+?)-(\d+)\)/g, (whole, page, name, number) => {
    const counts = pages.get(page ?? own)
    const isThere = counts.has(`${name}-${number}`) || Number(number) < (counts.get(name) ?? 0)
    return isThere || !counts.has(name) ? whole : `](${page ?? ''}#${name})`
  })

/** Renames `index.md`, which is the front door, corrects what links to it, and writes the list. */
export const writeReference = () => {
  const folder = join(PAGES, 'api')
  for (const name of ['README.md', 'modules.md']) rmSync(join(folder, name), { force: true })
  renameSync(join(folder, 'index.md'), join(folder, 'reprise.md'))
  const doors = readdirSync(folder)
    .filter((name) => name.endsWith('.md'))
    .map((name) => name.replace(/\.md$/, ''))
  const texts = doors.map((door) =>
    readFileSync(join(folder, `${door}.md`), 'utf8').replaceAll('](index.md', '](reprise.md'),
  )
  const headings = new Map(doors.map((door, index) => [`${door}.md`, headingsOf(texts[index])]))
  for (const [index, door] of doors.entries()) {
    const file = join(folder, `${door}.md`)
    const [first, ...rest] = withAnchors(texts[index], `${door}.md`, headings).split('\n')
    if (!first.startsWith('# ')) throw new Error(`api/${door}.md begins with ${first}`)
    const outline = '---\noutline: [2, 3]\n---\n'
    writeFileSync(file, [outline, `# ${importOf(door)}`, ...rest].join('\n'))
  }
  const known = Object.keys(FOR).filter((door) => doors.includes(door))
  const others = doors.filter((door) => !known.includes(door))
  const rows = [...known, ...others].map(
    (door) => `| [\`${importOf(door)}\`](${door}.md) | ${FOR[door] ?? ''} |`,
  )
  const list = `# API\n\nEvery name of each entry point, from the comments of the code: the same that your editor shows.\n\n| import | for |\n| --- | --- |\n${rows.join('\n')}\n`
  writeFileSync(join(folder, 'index.md'), list)
}
