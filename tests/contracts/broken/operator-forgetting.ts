import * as TE from 'fp-ts/TaskEither'
import type { BackendSubjectKeys, WrappedSubjectKey } from '../../../src/core/ports/subject-keys'
import type { MemoryTransaction } from 'reprise/memory'
import { memoryReadSide } from '../../support/memory-read-side'
import { type BrokenOperator, operatorThat } from './broken-operator'

type Keys = BackendSubjectKeys<MemoryTransaction>

const keysThat =
  (change: (keys: Keys) => Partial<Keys>): BrokenOperator['open'] =>
  (settings) => {
    const side = memoryReadSide(settings)
    const { subjectKeys } = side
    return { ...side, subjectKeys: { ...subjectKeys, ...change(subjectKeys) } }
  }

const ONE_KEY = 'forgetting: gives a subject one key, whoever adds it'
const DESTROYS = 'forgetting: destroys the key of a subject, and gives it no other one'
const ONCE =
  'forgetting: does it once, and writes it into the audit: repeated, it answers what was written down'
const INVALID =
  'forgetting: refuses a subject of which there is nothing, and an argument that is not valid'
const UNKNOWN =
  'forgetting: forgets a subject of which there is nothing, if it is asked to: it gets no key any more'
const LISTS =
  'forgetting: lists the keys that another master key has wrapped, and takes another wrapping for them'

export const brokenForgettingOperators: ReadonlyArray<BrokenOperator> = [
  {
    defect: 'answers that a subject is forgotten, and keeps its key',
    open: operatorThat(() => ({
      forgetSubject: (wanted) => TE.right({ ...wanted, forgottenAt: Date.now() }),
    })),
    noticedBy: [DESTROYS, ONCE, INVALID, UNKNOWN, LISTS],
  },
  {
    defect: 'answers each writer with the key that it has brought',
    open: keysThat(() => ({ add: (keys) => TE.right(keys) })),
    noticedBy: [ONE_KEY, DESTROYS, ONCE, INVALID, UNKNOWN, LISTS],
  },
  {
    defect: 'writes down that an unknown subject is forgotten, and gives it a key later',
    open: operatorThat(({ forgetSubject }) => ({
      forgetSubject: (wanted) =>
        wanted.ifUnknown === 'forget'
          ? TE.right({ subject: wanted.subject, by: wanted.by, why: wanted.why, forgottenAt: 1 })
          : forgetSubject(wanted),
    })),
    noticedBy: [UNKNOWN],
  },
  {
    defect: 'lists keys that the newest master key has wrapped already',
    open: keysThat(({ page }) => ({ page: (range) => page({ ...range, notWrappedBy: '' }) })),
    noticedBy: [LISTS],
  },
  {
    defect: 'stores another wrapping whatever is there by now',
    open: keysThat(({ find, rewrap }) => ({
      rewrap: (before: WrappedSubjectKey, after) => async () => {
        const found = await find([before.subject])()
        const [now] = found._tag === 'Right' ? found.right : []
        return rewrap({ ...before, wrapped: now?.wrapped ?? '' }, after)()
      },
    })),
    noticedBy: [LISTS],
  },
]
