// The working tree beside another commit: the same cells, run by the harness of the working tree. Each side is
// called through the `bench/contestants` of its own checkout, so their APIs may differ.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { commitOf, withCheckout } from './checkout.mjs'
import { buildReprise } from './install.mjs'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const CONTESTANTS = 'bench/contestants/index.mjs'
const DOMAIN = 'bench/domain.mjs'
const SHORT = 7

/** The contestants of a checkout. A process of theirs finds them by `from` and `loads`. */
export const contestantsIn = async (root) => {
  const from = pathToFileURL(join(root, CONTESTANTS)).href
  const { contestants } = await import(from)
  return contestants.map((contestant) => ({ ...contestant, from, loads: contestant.id }))
}

export const ownContestants = () => contestantsIn(ROOT)

const repriseIn = async (root, side) => ({
  ...(await contestantsIn(root)).find(({ kind }) => kind === 'ours'),
  ...side,
})

const textOf = (root, file) => readFileSync(join(root, file), 'utf8')

const refuse = (folder, ref) => {
  const missing = [CONTESTANTS, DOMAIN].find((file) => !existsSync(join(folder, file)))
  if (missing !== undefined) throw new Error(`${ref} cannot be measured: it has no ${missing}`)
  if (textOf(folder, DOMAIN) !== textOf(ROOT, DOMAIN)) {
    console.log(`Note: ${DOMAIN} differs from that of ${ref}: the two sides store other events.`)
  }
}

/** `measure(contestants)` with both sides; what it answers, and which commit it was measured against. */
export const runAgainst = async (ref, measure) => {
  const commit = commitOf(ROOT, ref).slice(0, SHORT)
  buildReprise()
  console.log(`Checking out and building ${ref} (${commit}) ...`)
  const run = await withCheckout(ROOT, commit, async (folder) => {
    refuse(folder, ref)
    return measure([
      await repriseIn(ROOT, { id: 'working', name: 'working tree' }),
      await repriseIn(folder, { id: 'other', name: commit }),
    ])
  })
  return { ...run, against: { ref, commit } }
}
