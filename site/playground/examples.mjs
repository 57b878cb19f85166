// What the playground begins with: code of the README, as it is there.

const sectionOf = (page, title) => page.split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? ''

/** The code of the README under some of its headings, as one program. */
export const codeOf = (page, ...titles) =>
  titles
    .map((title) => {
      const blocks = [...sectionOf(page, title).matchAll(/^```ts\n([^]*?)^```$/gm)]
      if (blocks.length === 0) throw new Error(`the README has no code under ${title}`)
      return blocks.map(([, code]) => code).join('\n')
    })
    .join('\n')

/** Programs by name, from the text of the README. */
export const examplesFrom = (readme) => [
  { name: 'Gift card, in memory', code: codeOf(readme, 'The rules', 'Run it') },
  {
    name: 'Gift card, in memory and on PGlite',
    code: codeOf(readme, 'The rules', 'Run it', 'Store it in PostgreSQL'),
  },
  { name: 'Gift card, tested', code: codeOf(readme, 'The rules', 'Test it') },
]
