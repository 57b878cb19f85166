import { readFileSync } from 'node:fs'
import { memory } from 'reprise/memory'
import { type Bar, barsOf, pictureOf, traceOfTransfer } from '../support/transfer-trace'

const DRAWN = 'docs/how-to/observe/transfer.svg'

/** What a picture shows but for the times: the names of its rows, how deep they are, and what has caused what. */
const shapeOf = (svg: string) => ({
  rows: [...svg.matchAll(/<text x="(\d+)" y="\d+">([^<]+)<\/text>/g)].map(([, x, name]) => [
    x,
    name,
  ]),
  links: [...svg.matchAll(/class="link" d="M[\d.]+ (\d+) V(\d+)/g)].map(([, from, to]) => [
    from,
    to,
  ]),
})

describe('the picture of a transfer in the docs', () => {
  let bars: ReadonlyArray<Bar>
  beforeAll(async () => {
    bars = barsOf(await traceOfTransfer(memory()))
  })

  it('shows what a transfer leads to by now: draw it again with scripts/trace-picture.mjs', () => {
    const drawn = shapeOf(readFileSync(DRAWN, 'utf8'))
    expect(drawn).toEqual(shapeOf(pictureOf(bars)))
    expect(drawn.rows.length).toBeGreaterThan(10)
  })

  it('links each command of the process manager to the command before it', () => {
    const causes = bars.flatMap(({ name, causedBy }) =>
      name === 'dispatch transfers' && causedBy !== undefined ? [bars[causedBy]?.name] : [],
    )
    expect(causes).toEqual(['handle transfer', 'handle account', 'handle account'])
    for (const { from, to, causedBy } of bars) {
      expect(to).toBeGreaterThanOrEqual(from)
      if (causedBy !== undefined) expect(bars[causedBy]?.from).toBeLessThanOrEqual(from)
    }
  })
})
