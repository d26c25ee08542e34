import { DOMParser } from 'linkedom'

const HIDDEN = new Set(['HEAD', 'STYLE', 'SCRIPT', 'TITLE', 'TEMPLATE'])
const BLOCKS = new Set([
  'P',
  'DIV',
  'TABLE',
  'TR',
  'UL',
  'OL',
  'LI',
  'H1',
  'H2',
  'H3',
  'H4',
  'H5',
  'H6',
  'BLOCKQUOTE',
  'HR',
])

/** The few members of a DOM node that are read here. */
interface HtmlNode {
  readonly nodeType: number
  readonly nodeName: string
  readonly textContent: string | null
  readonly childNodes: Iterable<HtmlNode>
  getAttribute?(name: string): string | null
}

const TEXT = 3

/** The text part for an HTML e-mail: paragraphs as blank lines, list items as dashes, links followed by their address. */
export function plainText(html: string): string {
  const document = new DOMParser().parseFromString(
    `<html><body>${html}</body></html>`,
    'text/html',
  ) as unknown as HtmlNode
  return textOf(document)
    .replace(/[ \t\u00a0]+/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
}

function textOf(node: HtmlNode): string {
  if (node.nodeType === TEXT) return (node.textContent ?? '').replace(/\s+/g, ' ')
  const name = node.nodeName.toUpperCase()
  if (HIDDEN.has(name)) return ''
  if (name === 'BR') return '\n'
  if (name === 'IMG') return node.getAttribute?.('alt') ?? ''
  const inside = [...node.childNodes].map(textOf).join('')
  if (name === 'A') return withAddress(inside, node.getAttribute?.('href') ?? '')
  if (name === 'LI') return `\n- ${inside.trim()}\n`
  if (name === 'TD' || name === 'TH') return `${inside} `
  return BLOCKS.has(name) ? `\n\n${inside}\n\n` : inside
}

function withAddress(text: string, href: string): string {
  return /^(https?|mailto):/.test(href) && text.trim() !== href ? `${text} (${href})` : text
}
