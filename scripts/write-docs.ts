// Writes into the pages what comes from code: the table of rooms, and files that pages show. `npm run docs:write`.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { printRoomTable, TABLE_MARKS } from './architecture/room-table.ts'
import { ROOT } from './architecture/source-tree.ts'
import { readPages } from './documents/read-pages.ts'

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const write = (path: string, text: string): void => writeFileSync(join(ROOT, path), text)

const { start, end } = TABLE_MARKS
const [before = '', rest = ''] = read('ARCHITECTURE.md').split(start)
const [, after = ''] = rest.split(end)
write('ARCHITECTURE.md', `${before}${start}\n${printRoomTable()}\n${end}${after}`)

for (const { path, shownFiles } of readPages()) {
  for (const shown of shownFiles)
    write(
      path,
      read(path).replace(shown.text, () => read(shown.path).trimEnd()),
    )
}
