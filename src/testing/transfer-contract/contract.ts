import { registerSuites, type TestWords } from '../suites'
import { exporting } from './exporting'
import { importing } from './importing'
import { knownStreams } from './known-streams'
import { type Suite, type Transferred } from './subject'
import { tags } from './tags'

/** What {@link transferContract} needs: a store, and the words of any test runner. */
export interface TransferContract extends TestWords {
  /** The adapter's name, for the test titles. */
  readonly name: string
  /** Called once for each test. The store may hold anything else. */
  readonly open: () => Promise<Transferred>
}

const suites: ReadonlyArray<Suite> = [exporting, importing, knownStreams, tags]

/**
 * Registers every test that must pass what takes the content of a store out and brings it in. There are no opt-outs.
 * Each test uses streams of its own, so the store may be shared.
 *
 * @example
 * transferContract({ name: 'memory', open: async () => memory(), describe, it })
 */
export const transferContract = ({ name, open, ...words }: TransferContract): void =>
  registerSuites(`${name}: the transfer contract`, suites, open, words)
