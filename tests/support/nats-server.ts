/** The nats-server that tests/support/global-setup.ts has found: new enough, and `undefined` if there is none. */
const program = process.env['NATS_SERVER']

/** A nats-server that is too old: `npm run test:jetstream` gives it. */
export const oldNatsServer = process.env['NATS_SERVER_OLD'] ?? ''

/** `describe`, or one skipped suite that says what is missing. */
export const describeWithNats: (title: string, body: (program: string) => void) => void = (
  title,
  body,
) => {
  if (program === undefined) {
    describe.skip(title, () => it('needs a nats-server: npm run test:jetstream', () => undefined))
  } else {
    describe(title, () => body(program))
  }
}
