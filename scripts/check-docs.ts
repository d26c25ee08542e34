// Fails when a page links nowhere, names what is gone, or shows code that is not the file's: `npm run check:docs`.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './architecture/source-tree.ts'
import { findPageFaults, findUnlistedPages } from './documents/find-page-faults.ts'
import { findGlossaryFaults } from './documents/glossary.ts'
import { readPages } from './documents/read-pages.ts'
import { finish } from './report.ts'

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const pages = readPages()
const pageFaults = findPageFaults({
  pages,
  exists: (path) => existsSync(join(ROOT, path)),
  read,
  npmScripts: new Set(Object.keys(manifest.scripts)),
})
finish('pages link to what is there and show the code that is compiled', [
  ...pageFaults,
  ...findUnlistedPages(pages),
  ...findGlossaryFaults(read('GLOSSARY.md')),
])
