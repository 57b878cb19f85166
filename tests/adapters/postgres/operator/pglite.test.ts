import { pgliteReadSides } from '../../../support/pglite-read-side'
import { right } from '../../../support/right'

describe('the operator of an embedded database', () => {
  const { open, close } = pgliteReadSides()
  afterAll(close)

  it('finds nothing wrong with it, though it does not call fsync', async () => {
    const { operator } = await open()
    const findings = await right(operator.examine())
    expect(findings.filter(({ level }) => level !== 'ok')).toEqual([])
    expect(findings.map(({ check }) => check)).not.toContain('prepared')
  })
})
