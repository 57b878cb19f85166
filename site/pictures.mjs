// Diagrams of the pages as pictures, in the colours of both themes.
import { renderMermaidSVG } from 'beautiful-mermaid'

const FONT = 'system-ui, sans-serif'

const THEMES = {
  light: {
    bg: '#ffffff',
    fg: '#26282c',
    line: '#6b7280',
    accent: '#0b7a75',
    muted: '#5b6169',
    surface: '#f3f6f6',
    border: '#9aa5ab',
  },
  dark: {
    bg: '#1b1b1f',
    fg: '#e4e4e7',
    line: '#9aa0aa',
    accent: '#4fd1c5',
    muted: '#b0b5bd',
    surface: '#25272d',
    border: '#5b626c',
  },
}

/** A diagram of mermaid: `{ light, dark, width, height }`, two texts of SVG. It asks no other host for anything. */
export const drawDiagram = (source) => {
  const [light, dark] = ['light', 'dark'].map((theme) =>
    renderMermaidSVG(source, { ...THEMES[theme], font: FONT, transparent: true })
      .replaceAll(/@import url\([^)]*\);?/g, '')
      .replaceAll(/'Inter'|"Inter"|Inter,/g, ''),
  )
  const [, width, height] = /<svg[^>]*? width="([\d.]+)"[^>]*? height="([\d.]+)"/.exec(light) ?? []
  if (width === undefined) throw new Error(`no size in ${light.slice(0, 300)}`)
  return { light, dark, width: Math.ceil(width), height: Math.ceil(height) }
}

/** A picture with a light background, and the same in the colours of the dark theme. */
export const recolour = (svg) => {
  const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg) ?? []
  const DARK = '@media (prefers-color-scheme: dark)'
  const dark = svg
    .replaceAll(DARK, '@media all') // the reader may have chosen another theme than that of the machine
    .replaceAll('fill="#fff"', `fill="${THEMES.dark.bg}"`)
    .replaceAll('fill="#222"', `fill="${THEMES.dark.fg}"`)
    .replaceAll('#0b7a75', '#2fa89f')
    .replaceAll('#8d99ae', '#6f7c93')
  return { light: svg.replaceAll(DARK, '@media not all'), dark, width, height }
}
