// Puts migrations/*.sql into a module, so that they travel inside of a bundle. `--check`: only says whether it
// is up to date.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

const MODULE = 'src/adapters/postgres/schema/released-migrations.ts'

const literal = (text) => `\`${text.replace(/[`\\]|[$](?=\{)/g, '\\$&')}\``

const entries = readdirSync('migrations')
  .filter((file) => file.endsWith('.sql'))
  .sort()
  .map((file) => {
    const text = readFileSync(`migrations/${file}`, 'utf8')
    return `  { name: '${file.replace(/[.]sql$/, '')}', text: ${literal(text)} },`
  })

const wanted = `// Made by \`npm run migrations\` from migrations/*.sql: change those.

/** The released migrations, oldest first. */
export const released: ReadonlyArray<{ readonly name: string; readonly text: string }> = [
${entries.join('\n')}
]
`

if (!process.argv.includes('--check')) writeFileSync(MODULE, wanted)
else if (readFileSync(MODULE, 'utf8') !== wanted) {
  console.error(`${MODULE} is out of date. Run: npm run migrations`)
  process.exitCode = 1
}
