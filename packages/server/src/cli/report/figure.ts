import { type PlotOptions, plot } from '@observablehq/plot'
import { parseHTML } from 'linkedom'
import { escapeHtml, type TableData, tableHtml } from './html.ts'

// Two drawings of every plot, one of which the style sheet shows: text keeps its size on a phone.
const WIDE = 720
const NARROW = 340

/** How a series looks in plots and legends; colours are CSS variables, so that light and dark differ. */
export interface SeriesStyle {
  readonly label: string
  readonly color: string
  /** Dash pattern, so that colour is never the only difference. Empty: solid. */
  readonly dash: string
}

/** One plot with its words and its numbers. */
export interface Figure {
  readonly title: string
  /** Units, number of users or decisions, confidence level. */
  readonly caption: string
  readonly legend: readonly SeriesStyle[]
  readonly table: TableData
  /** What to draw at a width in pixels. */
  draw(width: number): PlotOptions
}

function svgOf(figure: Figure, width: number): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  const svg = plot({
    ...figure.draw(width),
    document,
    width,
    className: 'plot',
    style: { fontSize: '12px' },
    ariaLabel: figure.title,
  })
  svg.querySelector('style')?.remove()
  svg.setAttribute('role', 'img')
  return svg.outerHTML
}

function legendHtml(legend: readonly SeriesStyle[]): string {
  if (legend.length === 0) return ''
  const items = legend.map(({ label, color, dash }) => {
    const line = `<line x1="0" x2="28" y1="6" y2="6" stroke="${color}" stroke-width="${dash === '' ? 4 : 3}" stroke-dasharray="${dash}"/>`
    return `<li><svg width="28" height="12" aria-hidden="true">${line}</svg> ${escapeHtml(label)}</li>`
  })
  return `<ul class="legend">${items.join('')}</ul>`
}

/** The figure as HTML: title, caption, legend, the plot for wide and for narrow pages, and its numbers to unfold. */
export function figureHtml(figure: Figure): string {
  return `<figure>
<figcaption><h3>${escapeHtml(figure.title)}</h3><p>${escapeHtml(figure.caption)}</p></figcaption>
${legendHtml(figure.legend)}
<div class="wide">${svgOf(figure, WIDE)}</div>
<div class="narrow">${svgOf(figure, NARROW)}</div>
<details><summary>Numbers</summary>
${tableHtml(figure.table, `Numbers of: ${figure.title}`)}
</details>
</figure>`
}
