import { posix } from 'node:path'
import type { Page, PageLink } from './page.ts'

/** What pages are checked against. */
export interface Surroundings {
  readonly pages: readonly Page[]
  /** Whether a file or folder of the repository is there. */
  readonly exists: (path: string) => boolean
  readonly read: (path: string) => string
  readonly npmScripts: ReadonlySet<string>
}

const OUTSIDE = /^[a-z][a-z+.-]*:/i

function linkFault(page: Page, { target }: PageLink, { pages, exists }: Surroundings): string | undefined {
  if (OUTSIDE.test(target)) return undefined
  const [file = '', anchor] = target.split('#')
  const path = file === '' ? page.path : posix.join(posix.dirname(page.path), decodeURIComponent(file))
  if (!exists(path)) return `links to ${path}, which is not there`
  const linked = pages.find((other) => other.path === path)
  if (anchor === undefined || linked === undefined || linked.anchors.has(anchor)) return undefined
  return `links to ${path}#${anchor}, which has no such heading`
}

/** Folders whose pages an index must link. */
const INDEXES = [
  { folder: 'docs/guide/', index: 'docs/README.md' },
  { folder: 'docs/methods/', index: 'docs/README.md' },
  { folder: 'docs/decisions/', index: 'docs/decisions/README.md' },
] as const

/** Pages that no index leads to. */
export function findUnlistedPages(pages: readonly Page[]): readonly string[] {
  return INDEXES.flatMap(({ folder, index }) => {
    const page = pages.find(({ path }) => path === index)
    const linked = new Set(page?.links.map(({ target }) => posix.join(posix.dirname(index), target)))
    return pages
      .filter(({ path }) => path.startsWith(folder) && path !== index && !linked.has(path))
      .map(({ path }) => `${index} does not link ${path}`)
  })
}

/** Links that lead nowhere, paths and npm scripts that are gone, and shown code that is not the file's. */
export function findPageFaults(surroundings: Surroundings): readonly string[] {
  const { exists, read, npmScripts } = surroundings
  return surroundings.pages.flatMap((page) => {
    const at = (line: number, fault: string): string => `${page.path}:${line} ${fault}`
    const links = page.links.flatMap((link) => {
      const fault = linkFault(page, link, surroundings)
      return fault === undefined ? [] : [at(link.line, fault)]
    })
    const paths = page.codePaths
      .filter(({ target }) => !exists(target))
      .map(({ target, line }) => at(line, `names ${target}, which is not there`))
    const scripts = page.npmScripts
      .filter(({ target }) => !npmScripts.has(target))
      .map(({ target, line }) => at(line, `names npm run ${target}, which package.json does not have`))
    const shown = page.shownFiles
      .filter(({ path, text }) => !exists(path) || read(path).trim() !== text.trim())
      .map(({ path, line }) => at(line, `shows ${path} as it is not: npm run docs:write`))
    return [...links, ...paths, ...scripts, ...shown]
  })
}
