import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { performance } from 'node:perf_hooks'
import { abandonment, handlerRunner } from '../../src/shell/subscription/handler'

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })

const never = () => () => new Promise<E.Either<unknown, void>>(() => undefined)

describe('the handlers of a batch', () => {
  it('have their whole time each, however long those before them took', async () => {
    const { run, end } = handlerRunner({ handlerTimeout: 200, abandonment: abandonment() })
    await run(() => TE.fromTask(() => pause(150)))
    const begun = performance.now()
    const answer = await run(never)
    const took = performance.now() - begun
    end()
    expect(answer).toEqual(E.left(expect.objectContaining({ _tag: 'HandlerTimedOut' })))
    expect(took).toBeGreaterThan(190)
  })

  it('have a signal of their own, which is aborted when they are given up and not before', async () => {
    const all = abandonment()
    const { run, end } = handlerRunner({ handlerTimeout: 60_000, abandonment: all })
    const signals: AbortSignal[] = []
    await run(({ signal }) => {
      signals.push(signal)
      return TE.right(undefined)
    })
    const given = run(({ signal }) => {
      signals.push(signal)
      return never()
    })
    all.abandon()
    expect(E.isLeft(await given)).toBe(true)
    end()
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, true])
  })

  it('are given up when all are, also when the ones before have ended', async () => {
    const all = abandonment()
    const { run, end } = handlerRunner({ handlerTimeout: 60_000, abandonment: all })
    expect(await run(() => TE.right(1))).toEqual(E.right(1))
    const given = run(never)
    all.abandon()
    expect(E.isLeft(await given)).toBe(true)
    end()
  })

  it('fail with what they throw, at once or later', async () => {
    const { run, end } = handlerRunner({ handlerTimeout: 60_000, abandonment: abandonment() })
    const thrown = new Error('thrown')
    const atOnce = await run(() => {
      throw thrown
    })
    const later = await run(() => () => Promise.reject(thrown))
    end()
    expect([atOnce, later]).toEqual([E.left(thrown), E.left(thrown)])
  })
})
