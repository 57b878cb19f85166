/** A resource that is opened for one test. */
export interface Opened {
  readonly close: () => Promise<void>
}

/** Tests of one subject. Their names are sentences about the implementation under test. */
export interface SuiteOf<Subject> {
  readonly name: string
  readonly tests: Readonly<Record<string, (subject: Subject) => Promise<void>>>
}

/** The two functions of a test runner that are needed: those of jest, vitest, mocha or node:test. */
export interface TestWords {
  readonly describe: (title: string, body: () => void) => unknown
  readonly it: (title: string, test: () => Promise<void>) => unknown
}

/** Registers every test. Each opens its own resource, and closes it. */
export const registerSuites = <Subject extends Opened>(
  title: string,
  suites: ReadonlyArray<SuiteOf<Subject>>,
  open: () => Promise<Subject>,
  { describe, it }: TestWords,
): void => {
  describe(title, () => {
    for (const suite of suites) {
      describe(suite.name, () => {
        for (const [sentence, run] of Object.entries(suite.tests)) {
          it(sentence, async () => {
            const subject = await open()
            try {
              await run(subject)
            } finally {
              await subject.close()
            }
          })
        }
      })
    }
  })
}
