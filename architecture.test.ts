import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fileGraph, findForbiddenArrows, placeOf, roomGraph } from './scripts/architecture/arrows.ts'
import { findCycles } from './scripts/architecture/cycles.ts'
import { findDependencyFaults } from './scripts/architecture/dependencies.ts'
import {
  findAmbient,
  findAny,
  findAssertions,
  findDefaultExports,
  findForbiddenFolders,
  findLongFiles,
  findMutableProperties,
} from './scripts/architecture/house-rules.ts'
import { publicNames } from './scripts/architecture/public-surface.ts'
import { printRoomTable, TABLE_MARKS } from './scripts/architecture/room-table.ts'
import { ROOMS } from './scripts/architecture/rooms.ts'
import { ROOT, readManifests, readSourceTree } from './scripts/architecture/source-tree.ts'
import { printViolation, type Violation } from './scripts/architecture/violation.ts'

const tree = readSourceTree()
const say = (violations: readonly Violation[]) => violations.map(printViolation)

describe('the rooms', () => {
  it('are a table whose names and places are unique and whose arrows name rooms', () => {
    const names = ROOMS.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    expect(new Set(ROOMS.map(({ holds }) => holds)).size).toBe(ROOMS.length)
    const named = ROOMS.flatMap(({ mayImport, mayImportTypes = [] }) => [...mayImport, ...mayImportTypes])
    expect(
      named.filter(
        (name) =>
          !names.includes(name) && !ROOMS.some((room) => name.endsWith('*') && room.name.startsWith(name.slice(0, -1))),
      ),
    ).toEqual([])
  })

  it('hold every source file', () => {
    expect(tree.modules.length).toBeGreaterThan(300)
    expect(tree.modules.filter(({ path }) => placeOf(path) === undefined)).toEqual([])
  })

  it('import only what the table lists, and libraries only where they are adapted', () => {
    expect(say(findForbiddenArrows(tree))).toEqual([])
  })

  it('form no cycle, room by room and file by file', () => {
    expect(findCycles(roomGraph(tree))).toEqual([])
    expect(findCycles(fileGraph(tree))).toEqual([])
  })

  it('are printed in ARCHITECTURE.md as they are in the table', () => {
    const page = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8')
    const [, rest = ''] = page.split(TABLE_MARKS.start)
    expect(rest.split(TABLE_MARKS.end)[0]?.trim()).toBe(printRoomTable())
  })
})

describe('the rules of the house', () => {
  it.each([
    ['clock, chance and I/O are arguments in core', findAmbient],
    ['what core hands out is readonly', findMutableProperties],
    ['no folder is named after nothing in particular', findForbiddenFolders],
    ['exports have names', findDefaultExports],
    ['the type any stays in tests', findAny],
    ['core asserts no types but the brands of ids', findAssertions],
    ['no file is longer than 400 lines', findLongFiles],
  ])('%s', (_, find) => {
    expect(say(find(tree.modules))).toEqual([])
  })
})

describe('the packages', () => {
  it('name what they import as dependencies, and nothing else', () => {
    expect(say(findDependencyFaults(tree, readManifests()))).toEqual([])
  })
})

describe('the public surface', () => {
  const entries = [...readManifests()].flatMap(([folder, { exports = {} }]) =>
    Object.entries(exports).map(([subpath, conditions]) => ({ folder, subpath, conditions })),
  )

  it.each(entries)('maps $folder $subpath to a source and to what is built of it', ({ folder, conditions }) => {
    const source = conditions['paloma-source'] ?? ''
    expect(existsSync(join(ROOT, folder, source))).toBe(true)
    const built = source.replace('./src/', './dist/').replace(/\.ts$/, '')
    expect(conditions).toMatchObject({ types: `${built}.d.ts`, default: `${built}.js` })
    expect(Object.keys(conditions)).toEqual(['paloma-source', 'types', 'default'])
  })

  it('exports the names that are written down in spec/exports', async () => {
    const paths = entries.map(({ folder, conditions }) => join(folder, conditions['paloma-source'] ?? ''))
    for (const [path, names] of publicNames(paths)) {
      const file = path.replace('packages/', '').replace('/src', '').replace(/\.ts$/, '.txt').replaceAll('/', '-')
      await expect(`${names.join('\n')}\n`).toMatchFileSnapshot(join(ROOT, 'spec/exports', file))
    }
  }, 60_000)
})
