import type { Room } from './room.ts'
import { ROOMS } from './rooms.ts'

/** Lines between which ARCHITECTURE.md holds the table. */
export const TABLE_MARKS = { start: '<!-- rooms: start -->', end: '<!-- rooms: end -->' } as const

function list(room: Room): string {
  const types = (room.mayImportTypes ?? []).map((name) => `${name} (types)`)
  const all = [...room.mayImport, ...types].map((name) => `\`${name}\``)
  return all.length === 0 ? 'nothing' : all.join(', ')
}

/** The table of rooms as Markdown. */
export function printRoomTable(rooms: readonly Room[] = ROOMS): string {
  const rows = rooms.map((room) => `| \`${room.name}\` | ${room.purpose} | ${list(room)} |`)
  return ['| room | purpose | may import |', '|---|---|---|', ...rows].join('\n')
}
