const { default: Sequencer } = require('@jest/test-sequencer')

// A fresh clone knows no durations, and jest goes by the size of the files: then a slow one comes last, alone, while
// the other workers have nothing to do.
const slow = [
  /contracts\/drivers/,
  /chaos\/failover/,
  /contracts\/.*pglite/,
  /chaos\//,
  /shell\/(projection|process|subscription|own-tables|outages)/,
  /cli\/main/,
  /testing\/history/,
  /contracts\//,
  /consumers|docs\/|examples/,
]

const rank = ({ path }) => {
  const at = slow.findIndex((pattern) => pattern.test(path.replaceAll('\\', '/')))
  return at < 0 ? slow.length : at
}

/** Starts what takes longest first; otherwise as jest does. */
module.exports = class SlowestFirst extends Sequencer {
  sort(tests) {
    return [...super.sort(tests)].sort((one, other) => rank(one) - rank(other))
  }
}
