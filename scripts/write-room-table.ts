// Writes the table of rooms into ARCHITECTURE.md: `npm run map`.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { printRoomTable, TABLE_MARKS } from './architecture/room-table.ts'
import { ROOT } from './architecture/source-tree.ts'

const path = join(ROOT, 'ARCHITECTURE.md')
const { start, end } = TABLE_MARKS
const [before = '', rest = ''] = readFileSync(path, 'utf8').split(start)
const [, after = ''] = rest.split(end)
writeFileSync(path, `${before}${start}\n${printRoomTable()}\n${end}${after}`)
