import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { ROOT } from '../architecture/source-tree.ts'
import { type Page, readPage } from './page.ts'

const SKIPPED = new Set(['node_modules', 'dist', '.git', '.paloma', 'coverage'])

function* walk(folder: string): Generator<string> {
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
    const path = posix.join(folder, entry.name)
    if (entry.isDirectory()) {
      if (!SKIPPED.has(entry.name)) yield* walk(path)
    } else if (entry.name.endsWith('.md')) yield path
  }
}

/** Every Markdown page of the repository. */
export function readPages(): readonly Page[] {
  return [...walk('.')].sort().map((path) => readPage(path, readFileSync(join(ROOT, path), 'utf8')))
}
