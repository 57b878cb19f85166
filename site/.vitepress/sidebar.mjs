// The pages by what a reader wants to do. A page that is named nowhere is under "More": a new one needs nothing here.
const GROUPS = [
  {
    text: 'Learn it',
    pages: ['five-minutes', 'playground', 'first-ten-minutes', 'tutorial', 'documentation'],
  },
  {
    text: 'Write the rules',
    pages: [
      'how-to/declare-messages',
      'how-to/compose-deciders',
      'how-to/test-a-decider',
      'how-to/change-an-event',
      'patterns',
    ],
  },
  {
    text: 'Run commands',
    pages: [
      'how-to/two-doors',
      'how-to/handle-commands',
      'how-to/http',
      'how-to/read-events',
      'how-to/snapshots',
      'how-to/append-in-your-own-transaction',
    ],
  },
  {
    text: 'Rules across streams',
    pages: [
      'how-to/several-streams',
      'how-to/course-subscription',
      'how-to/unique-name',
      'how-to/numbers-without-a-gap',
      'how-to/process-manager',
      'how-to/timers',
      'how-to/rebuild-tags',
    ],
  },
  {
    text: 'Read models',
    pages: [
      'how-to/inline-projection',
      'how-to/asynchronous-projection',
      'how-to/own-tables',
      'how-to/rebuild',
      'how-to/roll-back-a-deploy',
    ],
  },
  {
    text: 'Operate it',
    pages: [
      'how-to/production',
      'how-to/operate',
      'how-to/observe',
      'how-to/studio',
      'how-to/migrate',
      'how-to/connections',
      'how-to/pgbouncer',
      'how-to/failover',
    ],
  },
  { text: 'Write a store', pages: ['how-to/write-a-store-adapter', 'how-to/check-your-store'] },
  {
    text: 'Understand it',
    pages: [
      'explanation/architecture',
      'fp-ts-in-one-page',
      'explanation/ordering',
      'explanation/boundaries',
      'guarantees',
      'benchmarks',
      'comparisons/index',
      'comparisons/emmett',
      'adr/index',
    ],
  },
  {
    text: 'Look it up',
    pages: [
      'api/index',
      'reference/errors',
      'reference/cli',
      'reference/doctor',
      'glossary',
      'account',
    ],
  },
  { text: 'Imitate it', pages: ['examples/hotel'] },
]

const FOLDERS = ['', 'how-to', 'explanation', 'reference', 'comparisons', 'examples']
const UNLISTED = ['index', 'readme', 'changelog', 'security', 'contributing']

const plain = (title) => title.replaceAll(/[`*]/g, '').replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')

/** Groups of links, by the folder of the page beside which they are. */
export const sidebar = ({ titleOf, list }) => {
  const there = new Set(
    FOLDERS.flatMap((folder) =>
      list(folder)
        .filter((name) => name.endsWith('.md'))
        .map((name) => `${folder === '' ? '' : `${folder}/`}${name.replace(/\.md$/, '')}`),
    ).concat(['adr/index', 'api/index']),
  )
  const item = (page) => ({
    text: plain(titleOf(`${page}.md`)),
    link: `/${page.replace(/(^|\/)index$/, '$1')}`,
  })
  const groups = GROUPS.map(({ text, pages }) => ({
    text,
    items: pages.filter((page) => there.has(page)).map(item),
  }))
  const named = new Set(GROUPS.flatMap(({ pages }) => pages))
  const others = [...there].filter((page) => !named.has(page) && !UNLISTED.includes(page)).sort()
  const more = others.length === 0 ? [] : [{ text: 'More', items: others.map(item) }]
  const reference = list('api')
    .filter((name) => name.endsWith('.md') && name !== 'index.md')
    .map((name) => item(`api/${name.replace(/\.md$/, '')}`))
  return {
    '/': [...groups, ...more],
    '/api/': [
      { text: 'API', link: '/api/', items: reference },
      { text: 'Beside it', items: ['documentation', 'reference/errors', 'glossary'].map(item) },
    ],
  }
}
