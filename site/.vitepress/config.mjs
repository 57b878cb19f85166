import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitepress'
import { anchorOf } from '../anchors.mjs'
import { examplesFrom } from '../playground/examples.mjs'
import { PAGES, ROOT } from '../stage.mjs'
import { POLICY, externalScripts } from './policy.mjs'
import { sidebar } from './sidebar.mjs'

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const { older } = JSON.parse(readFileSync(new URL('../versions.json', import.meta.url), 'utf8'))

const base = process.env.SITE_BASE ?? '/'
// An older version is built below the newest one: /reprise/v0.1/ below /reprise/.
const newest = process.env.SITE_NEWEST ?? base
const repository = process.env.SITE_REPOSITORY

const source = (path) => join(ROOT, 'src', path)
const shim = (name) => fileURLToPath(new URL(`../playground/${name}`, import.meta.url))
const doors = ['adapter', 'algebra', 'boundary', 'codec', 'memory', 'postgres']

/** The library as the playground has it: its sources, with the platform of browsers. */
const library = [
  { find: /^reprise$/, replacement: source('index.ts') },
  { find: 'reprise/testing', replacement: shim('testing.mjs') },
  ...doors.map((door) => ({ find: `reprise/${door}`, replacement: source(`${door}.ts`) })),
  { find: /^.*\/platform\/node$/, replacement: source('platform/browser.ts') },
  { find: /^(node:)?assert(\/strict)?$/, replacement: shim('assert.mjs') },
  { find: /^(node:)?util$/, replacement: shim('show.mjs') },
]

const versions = [
  ...(newest === base ? [] : [{ text: 'Newest', link: newest, target: '_self' }]),
  ...older.map((one) => ({ text: one, link: `${newest}v${one}/`, target: '_self' })),
  { text: 'Changes', link: '/changelog' },
]

/** What is found by search: of the API reference the names, and what each is for, but not every field of it. */
const searched = (source, env, md) => {
  const html = md.render(
    /^api\//.test(env.relativePath)
      ? source.replaceAll(/^####[^]*?(?=^#{1,3} |(?![^]))/gm, '')
      : source,
    env,
  )
  return env.frontmatter?.search === false ? '' : html
}

const EXAMPLES = 'virtual:playground-examples'

/** The programs of the playground, from the README. */
const examples = {
  name: 'playground examples',
  resolveId: (id) => (id === EXAMPLES ? `\0${id}` : undefined),
  load: (id) => {
    if (id !== `\0${EXAMPLES}`) return undefined
    const programs = examplesFrom(readFileSync(join(ROOT, 'README.md'), 'utf8'))
    return `export const examples = ${JSON.stringify(programs)}`
  },
}

export default defineConfig({
  title: 'Reprise',
  description:
    'Event sourcing for TypeScript: pure rules, and a PostgreSQL store that is correct under concurrency.',
  lang: 'en',
  base,
  srcDir: '.pages',
  outDir: process.env.SITE_OUT ?? 'dist',
  cacheDir: 'node_modules/.cache/vitepress',
  cleanUrls: false,
  metaChunk: true,
  lastUpdated: false,
  router: { prefetchLinks: false },
  head: [
    ['meta', { 'http-equiv': 'Content-Security-Policy', content: POLICY }],
    ['link', { rel: 'icon', href: `${base}icon.svg`, type: 'image/svg+xml' }],
    ['meta', { name: 'theme-color', content: '#0b7a75' }],
  ],
  markdown: {
    linkify: false,
    anchor: { slugify: anchorOf },
    toc: { slugify: anchorOf },
    headers: { slugify: anchorOf },
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    config: (md) => {
      // Wide tables scroll inside of themselves; who has no mouse can do that, too.
      md.renderer.rules.table_open = () => '<table tabindex="0">\n'
    },
  },
  themeConfig: {
    logo: '/icon.svg',
    nav: [
      { text: 'Five minutes', link: '/five-minutes' },
      { text: 'Playground', link: '/playground' },
      { text: 'Documentation', link: '/documentation' },
      { text: 'API', link: '/api/' },
      { text: version, items: versions },
    ],
    sidebar: sidebar({
      pages: PAGES,
      titleOf: (page) => /^# (.*)$/m.exec(readFileSync(join(PAGES, page), 'utf8'))?.[1] ?? page,
      list: (folder) => (existsSync(join(PAGES, folder)) ? readdirSync(join(PAGES, folder)) : []),
    }),
    outline: { level: [2, 3], label: 'On this page' },
    search: { provider: 'local', options: { _render: searched } },
    externalLinkIcon: true,
    ...(repository === undefined ? {} : { socialLinks: [{ icon: 'github', link: repository }] }),
    footer: { message: 'MIT licensed. Every example of these pages is executed by the tests.' },
    docFooter: { prev: 'Before', next: 'Next' },
  },
  vite: {
    define: { __VUE_OPTIONS_API__: 'false' },
    plugins: [examples],
    resolve: { alias: library, dedupe: ['vue'] },
    build: { chunkSizeWarningLimit: 2_000, assetsInlineLimit: 0, target: 'es2022' },
    worker: { format: 'es' },
    optimizeDeps: { exclude: ['@electric-sql/pglite'] },
    server: { fs: { allow: [ROOT] }, host: '127.0.0.1' },
    preview: { host: '127.0.0.1' },
  },
  transformHtml: (html, _id, { siteConfig }) => externalScripts(html, siteConfig.outDir, base),
})
