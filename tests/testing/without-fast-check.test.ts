import * as t from 'io-ts'
import { arbitraryFromCodec, brokenLaws, checkDecider } from 'reprise/testing'
import { counter } from '../support/counter'

const missing = "Cannot find module 'fast-check'"
const install = 'the laws need fast-check (npm install --save-dev fast-check)'

describe('the law kit without fast-check', () => {
  beforeEach(() => {
    jest.resetModules()
  })

  it('says what to install, and throws nothing', () => {
    jest.doMock('fast-check', () => {
      throw new Error(`${missing}\nRequire stack: ...`)
    })
    const { decider, commands } = counter
    const report = checkDecider({ decider, codecs: { commands }, seed: 42 })
    expect(report.seed).toBe(42)
    expect(brokenLaws(report)).toMatchObject([{ problem: `${install}: ${missing}` }])
    expect(brokenLaws(checkDecider({ decider, codecs: { commands } }))).toHaveLength(1)
    expect(arbitraryFromCodec(t.string)).toEqual({ _tag: 'Left', left: `${install}: ${missing}` })
  })

  it.each([null, 'text', {}])('does not take %p for it', (other) => {
    jest.doMock('fast-check', () => other)
    const problem = 'the installed package of that name has no default export'
    expect(arbitraryFromCodec(t.string)).toMatchObject({ left: `${install}: ${problem}` })
  })
})
