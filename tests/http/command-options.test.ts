import * as E from 'fp-ts/Either'
import { commandOptionsFrom, traceContextOf } from 'reprise/http'
import { rightOf } from '../support/right'

const from = (headers: Readonly<Record<string, string>>) => commandOptionsFrom(new Headers(headers))

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'
const TRACEPARENT = `00-${TRACE}-${SPAN}-01`

describe('the command id of a request', () => {
  it.each([
    ['8e03978e-40d5-43dd-bc93-6894a57f9324', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
    ['"8e03978e-40d5-43dd-bc93-6894a57f9324"', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
    ['"a b"', 'a b'],
    ['"a\\"b\\\\c"', 'a"b\\c'],
    ['a/b=c', 'a/b=c'],
    ['x'.repeat(255), 'x'.repeat(255)],
  ])('is the Idempotency-Key %s', (header, commandId) => {
    expect(from({ 'idempotency-key': header })).toEqual(E.right({ commandId }))
  })

  it.each(['', 'a b', 'a,b', '"a', 'a"', '""', '"a\\b"', '"a"; x', 'é', 'x'.repeat(256)])(
    'is malformed: %s',
    (header) => {
      expect(from({ 'idempotency-key': header })).toMatchObject({
        left: { status: 400, code: 'malformed-header', header: 'Idempotency-Key' },
      })
    },
  )

  it('is malformed when two are sent', () => {
    const headers = new Headers([
      ['idempotency-key', 'a'],
      ['idempotency-key', 'b'],
    ])
    expect(commandOptionsFrom(headers)).toMatchObject({ left: { header: 'Idempotency-Key' } })
  })
})

describe('the metadata of a request', () => {
  it('has the correlation and the cause that the headers name', () => {
    expect(from({ 'x-correlation-id': 'order-7', 'x-causation-id': 'event-3' })).toEqual(
      E.right({ metadata: { correlationId: 'order-7', causationId: 'event-3' } }),
    )
  })

  it('has the trace, whose id is the correlation unless there is another', () => {
    const extra = { traceparent: TRACEPARENT, tracestate: 'vendor=1' }
    const headers = { traceparent: TRACEPARENT, tracestate: 'vendor=1' }
    expect(from(headers)).toEqual(E.right({ metadata: { correlationId: TRACE, extra } }))
    expect(from({ ...headers, 'x-correlation-id': 'order-7' })).toEqual(
      E.right({ metadata: { correlationId: 'order-7', extra } }),
    )
  })

  it.each(['', 'a b', 'é', 'x'.repeat(256)])('rejects the id %s', (id) => {
    for (const header of ['X-Correlation-Id', 'X-Causation-Id']) {
      expect(from({ [header]: id })).toMatchObject({ left: { code: 'malformed-header', header } })
    }
  })
})

describe('traceparent', () => {
  it('is read', () => {
    expect(traceContextOf(new Headers({ traceparent: TRACEPARENT }))).toEqual({
      traceparent: TRACEPARENT,
      traceId: TRACE,
      parentId: SPAN,
    })
  })

  it('is read in a later version, with fields that are not known yet', () => {
    const traceparent = `cc-${TRACE}-${SPAN}-01-what-the-future-will-be-like`
    expect(traceContextOf(new Headers({ traceparent }))?.traceId).toBe(TRACE)
  })

  it.each([
    '',
    'abc',
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-1`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${TRACE}-${SPAN}-0g`,
    `ff-${TRACE}-${SPAN}-01`,
    `0-${TRACE}-${SPAN}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.slice(1)}-${SPAN}-01`,
    `cc-${TRACE}-${SPAN}-01${'-x'.repeat(200)}`,
    `cc-${TRACE}-${SPAN}-01x`,
  ])('is ignored when it is invalid, as W3C Trace Context demands: %s', (traceparent) => {
    const headers = new Headers({ traceparent, tracestate: 'vendor=1' })
    expect(traceContextOf(headers)).toBeUndefined()
    expect(rightOf(commandOptionsFrom(headers))).toEqual({})
  })

  it('goes without a tracestate that is too long', () => {
    const headers = new Headers({ traceparent: TRACEPARENT, tracestate: 'x'.repeat(513) })
    expect(traceContextOf(headers)).not.toHaveProperty('tracestate')
  })
})
