// The run as a picture: per cell one bar for each contestant, as long as it is fast.
import { spread } from './statistics.mjs'

const WIDTH = 860
const LABEL = 250
const VALUE = 110
const BAR = 16
const GAP = 5
const COLOURS = { ours: '#0b7a75', peer: '#8d99ae', limit: '#d9b44a' }

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })

const bars = ({ cell, results }) => {
  const latency = cell.unit === 'latency'
  return results.flatMap((result) => {
    const value = spread(result.rounds, latency ? 'p50' : 'rate')?.median
    if (value === undefined) return []
    const text = latency ? `${value.toFixed(value < 10 ? 2 : 0)} ms` : `${whole.format(value)}/s`
    return [{ name: result.name, kind: result.kind, value, text }]
  })
}

const drawBar = (bar, most, y) => {
  const length = Math.max(2, ((WIDTH - LABEL - VALUE) * bar.value) / most)
  const weight = bar.kind === 'ours' ? ' font-weight="bold"' : ''
  return `<text x="${LABEL - 8}" y="${y + BAR - 4}" text-anchor="end"${weight}>${escape(bar.name)}</text>
<rect x="${LABEL}" y="${y}" width="${length.toFixed(1)}" height="${BAR}" fill="${COLOURS[bar.kind]}"/>
<text x="${(LABEL + length + 6).toFixed(1)}" y="${y + BAR - 4}"${weight}>${bar.text}</text>`
}

const drawCell = (entry, top) => {
  const list = bars(entry)
  if (list.length === 0) return { text: '', height: 0 }
  const most = Math.max(...list.map(({ value }) => value))
  const direction = entry.cell.unit === 'latency' ? ' (shorter is better)' : ''
  const lines = list.map((bar, index) => drawBar(bar, most, top + 26 + index * (BAR + GAP)))
  const title = `<text x="16" y="${top + 14}" font-size="14" font-weight="bold">${escape(entry.cell.title)}${direction}</text>`
  return { text: [title, ...lines].join('\n'), height: 26 + list.length * (BAR + GAP) + 22 }
}

/** An SVG of its own, readable on light and on dark pages. */
export const draw = (run) => {
  const parts = []
  let height = 20
  for (const entry of run.cells) {
    const drawn = drawCell(entry, height)
    parts.push(drawn.text)
    height += drawn.height
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12" fill="#222">
<title>Reprise beside its peers and beside raw SQL</title>
<rect width="100%" height="100%" fill="#fff"/>
${parts.filter((part) => part !== '').join('\n')}
</svg>
`
}
