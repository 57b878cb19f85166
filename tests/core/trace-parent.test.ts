import { traceParentOf } from '../../src/core/trace-parent'

const trace = '0af7651916cd43dd8448eb211c80319c'
const span = 'b7ad6b7169203331'

describe('a traceparent', () => {
  it('names a trace, a span, and whether the trace is recorded', () => {
    expect(traceParentOf(`00-${trace}-${span}-01`)).toEqual({
      traceId: trace,
      parentId: span,
      flags: 1,
    })
  })

  it('of a later version may say more than is known', () => {
    expect(traceParentOf(`01-${trace}-${span}-00-more`)).toMatchObject({ flags: 0 })
  })

  it.each([
    ['of a version that does not exist', `ff-${trace}-${span}-01`],
    ['of the first version that says more', `00-${trace}-${span}-01-more`],
    ['without a trace', `00-${'0'.repeat(32)}-${span}-01`],
    ['without a span', `00-${trace}-${'0'.repeat(16)}-01`],
    ['in capitals', `00-${trace.toUpperCase()}-${span}-01`],
    ['that is too long', `01-${trace}-${span}-01-${'x'.repeat(255)}`],
    ['that is empty', ''],
  ])('%s is ignored', (_what, text) => {
    expect(traceParentOf(text)).toBeUndefined()
  })
})
