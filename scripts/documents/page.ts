/** A link of a page; `line` counts from 1. */
export interface PageLink {
  readonly target: string
  readonly line: number
}

/** A fenced block that says which file it shows: `<!-- code: examples/first-decision.ts -->` stands above it. */
export interface ShownFile {
  readonly path: string
  readonly text: string
  readonly line: number
}

/** What the checks read off one Markdown page. */
export interface Page {
  readonly path: string
  readonly links: readonly PageLink[]
  /** Slugs of the headings, as the usual Markdown hosts make them. */
  readonly anchors: ReadonlySet<string>
  /** Paths of this repository named in code spans. */
  readonly codePaths: readonly PageLink[]
  /** Names after `npm run`, code blocks included. */
  readonly npmScripts: readonly PageLink[]
  readonly shownFiles: readonly ShownFile[]
}

const LINK = /!?\[[^\]]*\]\(<?([^)\s>]+)>?[^)]*\)/g
const CODE_PATH = /`((?:packages|docs|examples|scripts|spec|benchmarks|trainer)\/[\w./@-]*)`/g
const NPM_RUN = /npm run ([\w:-]+)/g
const SHOWN = /<!-- code: (\S+) -->\s*\n```\w*\n([\s\S]*?)\n```/g

/** `## What it's for` → `what-its-for`. */
export function slugOf(heading: string): string {
  const words = heading.replace(/`/g, '').replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
  return words
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-')
}

/** Blanks fenced blocks and keeps the lines, so that line numbers stay. */
function withoutFences(text: string): string {
  return text.replace(/^(```|~~~)[\s\S]*?^\1/gm, (block) => block.replace(/[^\n]/g, ' '))
}

function withoutCode(text: string): string {
  return text.replace(/`[^`\n]*`/g, (span) => ' '.repeat(span.length))
}

function matches(text: string, pattern: RegExp): readonly PageLink[] {
  return [...text.matchAll(pattern)].map((match) => ({
    target: match[1] ?? '',
    line: text.slice(0, match.index).split('\n').length,
  }))
}

function anchorsOf(text: string): ReadonlySet<string> {
  const seen = new Map<string, number>()
  const anchors = new Set<string>()
  for (const [, heading = ''] of text.matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const slug = slugOf(heading)
    const count = seen.get(slug) ?? 0
    seen.set(slug, count + 1)
    anchors.add(count === 0 ? slug : `${slug}-${count}`)
  }
  return anchors
}

/** Reads one page. */
export function readPage(path: string, text: string): Page {
  const prose = withoutFences(text)
  return {
    path,
    links: matches(withoutCode(prose), LINK),
    anchors: anchorsOf(prose),
    codePaths: matches(prose, CODE_PATH),
    npmScripts: matches(text, NPM_RUN),
    shownFiles: [...text.matchAll(SHOWN)].map((match) => ({
      path: match[1] ?? '',
      text: match[2] ?? '',
      line: text.slice(0, match.index).split('\n').length,
    })),
  }
}
