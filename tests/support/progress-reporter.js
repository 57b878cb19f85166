/** Says each test as it ends, and how long it took: jest itself is silent until a whole file has run. */
module.exports = class ProgressReporter {
  onTestCaseResult(_test, { status, title, ancestorTitles, duration }) {
    const name = [...ancestorTitles, title].join(' › ')
    process.stderr.write(`${status} (${duration ?? 0} ms) ${name}\n`)
  }
}
