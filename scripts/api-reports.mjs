// The public API of each entry point, as a page in docs/api. Compares the built package (dist) with the pages
// that are committed, and fails when they differ; `--write` writes the pages.
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor'

const root = resolve(import.meta.dirname, '..')
const localBuild = process.argv.includes('--write')
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const doors = Object.entries(exports)
  .filter(([, target]) => typeof target === 'object')
  .map(([door, target]) => ({ door: door.slice(2) || 'reprise', types: target.require.types }))
const reportFolder = join(root, 'docs/api')
const temporary = join(root, 'node_modules/.cache/api-reports')
rmSync(temporary, { recursive: true, force: true })
for (const folder of [reportFolder, temporary]) mkdirSync(folder, { recursive: true })

// No report for these: we use no release tags, and examples in comments are executed elsewhere.
const silent = { logLevel: 'none', addToApiReportFile: false }
const forgotten = new Set()
let failed = false

for (const { door, types } of doors) {
  const config = ExtractorConfig.prepare({
    configObjectFullPath: join(root, 'api-extractor.json'),
    packageJsonFullPath: join(root, 'package.json'),
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: join(root, types),
      compiler: { tsconfigFilePath: join(root, 'tsconfig.build.json') },
      apiReport: {
        enabled: true,
        reportFileName: `${door}.api.md`,
        reportFolder,
        reportTempFolder: temporary,
        includeForgottenExports: false,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      messages: {
        compilerMessageReporting: { default: { logLevel: 'warning' } },
        extractorMessageReporting: {
          default: { logLevel: 'warning' },
          'ae-missing-release-tag': silent,
          'ae-undocumented': silent,
          'ae-unresolved-link': silent,
          'ae-forgotten-export': { logLevel: 'warning', addToApiReportFile: false },
        },
        tsdocMessageReporting: { default: silent },
      },
    },
  })
  const { apiReportChanged } = Extractor.invoke(config, {
    localBuild,
    showVerboseMessages: false,
    messageCallback: (message) => {
      message.handled = true
      if (message.messageId === 'ae-forgotten-export') {
        const name = /symbol "([^"]+)"/.exec(message.text)?.[1]
        if (name !== undefined) forgotten.add(name)
      } else if (message.logLevel === 'error' || message.logLevel === 'warning') {
        if (message.messageId.startsWith('console-api-report')) return
        console.error(`${door}: ${message.text}`)
        failed = true
      }
    },
  })
  if (apiReportChanged && !localBuild) {
    console.error(
      `docs/api/${door}.api.md is not the API of the built package: npm run api writes it`,
    )
    failed = true
  }
}

// What a signature names can be imported from some door, by whoever has to write the type down.
const listed = doors
  .map(({ door }) =>
    readFileSync(join(localBuild ? reportFolder : temporary, `${door}.api.md`), 'utf8'),
  )
  .join('\n')
const unreachable = [...forgotten].filter(
  (name) =>
    !new RegExp(`^export (declare )?(type|interface|const|function) ${name}\\b`, 'm').test(
      listed,
    ) &&
    // One that is named like a type of the browser's.
    !new RegExp(`^export \\{ ${name} as `, 'm').test(listed),
)
if (unreachable.length > 0) {
  console.error(
    `Named in the public API, and exported from no entry point: ${unreachable.join(', ')}`,
  )
  failed = true
}

const front = /^(export )/gm
const count = [...readFileSync(join(reportFolder, 'reprise.api.md'), 'utf8').matchAll(front)].length
const MOST_NAMES = 80
if (count > MOST_NAMES) {
  console.error(`reprise exports ${count} names; ${MOST_NAMES} at most, so that they can be read`)
  failed = true
}
console.log(`api: ${doors.length} entry points, ${count} names at the front door`)
process.exitCode = failed ? 1 : 0
