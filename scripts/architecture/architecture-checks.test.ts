import { describe, expect, it } from 'vitest'
import { fileGraph, findForbiddenArrows, type Plan, placeOf, roomGraph } from './arrows.ts'
import { findCycles } from './cycles.ts'
import { findDependencyFaults } from './dependencies.ts'
import {
  findAmbient,
  findAny,
  findAssertions,
  findDefaultExports,
  findForbiddenFolders,
  findLongFiles,
  findMutableProperties,
} from './house-rules.ts'
import { parseModule } from './module.ts'
import { publicNames } from './public-surface.ts'
import { printRoomTable } from './room-table.ts'
import type { SourceTree } from './source-tree.ts'
import { printViolation } from './violation.ts'

const PLAN: Plan = {
  rooms: [
    { name: 'core/domain', holds: 'packages/core/src/domain/', purpose: 'nouns', mayImport: [] },
    { name: 'core/policy', holds: 'packages/core/src/policy/', purpose: 'policies', mayImport: ['core/domain'] },
    { name: 'server/channel/contract', holds: 'packages/server/src/channel/contract.ts', purpose: '', mayImport: [] },
    {
      name: 'server/channel/*',
      holds: 'packages/server/src/channel/*/',
      purpose: '',
      mayImport: ['server/channel/contract'],
    },
    { name: 'sdk', holds: 'packages/sdk/', purpose: '', mayImport: [], mayImportTypes: ['core/domain'] },
    { name: 'benchmarks', holds: 'benchmarks/', purpose: '', mayImport: ['*'] },
  ],
  libraries: [
    { library: 'zod', homes: ['packages/core/src/policy/parse.ts'] },
    { library: '@stdlib/*', homes: ['packages/core/src/policy/'] },
  ],
}

function tree(files: Readonly<Record<string, string>>): SourceTree {
  return {
    modules: Object.entries(files).map(([path, text]) => parseModule(path, text)),
    entries: new Map([['@paloma/core/domain', 'packages/core/src/domain/user.ts']]),
  }
}

const POLICY = 'packages/core/src/policy/greedy.ts'
const DOMAIN = 'packages/core/src/domain/user.ts'

const arrows = (files: Readonly<Record<string, string>>) =>
  findForbiddenArrows(tree({ [DOMAIN]: 'export {}', ...files }), PLAN).map(printViolation)

const one = (text: string, path = 'packages/core/src/policy/greedy.ts') => [parseModule(path, text)]

describe('parsing imports', () => {
  it.each([
    ["import { a } from './x.ts'", false],
    ["import './x.ts'", false],
    ["import type { a } from './x.ts'", true],
    ["import { type a, type b } from './x.ts'", true],
    ["import { type a, b } from './x.ts'", false],
    ["import a, { type b } from './x.ts'", false],
    ["export * from './x.ts'", false],
    ["export { a } from './x.ts'", false],
    ["export type { a } from './x.ts'", true],
    ["const a = await import('./x.ts')", false],
    ["type A = import('./x.ts').A", true],
  ])('sees %s', (text, isTypeOnly) => {
    expect(parseModule('a.ts', `// import './not.ts'\n${text}`).imports).toEqual([
      { specifier: './x.ts', line: 2, isTypeOnly },
    ])
  })
})

describe('rooms', () => {
  it('are those that cover most of the path, each name under * being one of its own', () => {
    expect(placeOf('packages/server/src/channel/contract.ts', PLAN.rooms)?.room.name).toBe('server/channel/contract')
    const smtp = placeOf('packages/server/src/channel/smtp/config.ts', PLAN.rooms)
    expect(smtp).toMatchObject({ room: { name: 'server/channel/*' }, instance: 'packages/server/src/channel/smtp/' })
    expect(placeOf('elsewhere/a.ts', PLAN.rooms)).toBeUndefined()
  })

  it('are printed with what they may import', () => {
    expect(printRoomTable(PLAN.rooms).split('\n').slice(2, 4)).toEqual([
      '| `core/domain` | nouns | nothing |',
      '| `core/policy` | policies | `core/domain` |',
    ])
  })
})

describe('arrows', () => {
  it('that the table lists pass, and so do those inside a room', () => {
    expect(
      arrows({
        [POLICY]: "import '../domain/user.ts'\nimport './softmax.ts'",
        'packages/core/src/policy/softmax.ts': '',
      }),
    ).toEqual([])
  })

  it('that the table does not list are named with file, line and rooms', () => {
    expect(arrows({ [DOMAIN]: "\nimport '../policy/greedy.ts'", [POLICY]: '' })).toEqual([
      `${DOMAIN}:2 core/domain may not import core/policy (../policy/greedy.ts)`,
    ])
  })

  it('to what was built of a file are arrows to that file', () => {
    const built = (name: string) => ({ [DOMAIN]: `import '../../dist/${name}.js'`, [POLICY]: '' })
    expect(arrows(built('policy/greedy'))).toEqual([
      `${DOMAIN}:1 core/domain may not import core/policy (../../dist/policy/greedy.js)`,
    ])
    expect(arrows(built('policy/gone'))).toEqual([
      `${DOMAIN}:1 imports packages/core/src/policy/gone.ts, which is not there`,
    ])
  })

  it('from one adapter to the next are refused', () => {
    const files = {
      'packages/server/src/channel/contract.ts': '',
      'packages/server/src/channel/smtp/channel.ts': "import '../contract.ts'\nimport '../inbox/channel.ts'",
      'packages/server/src/channel/inbox/channel.ts': '',
    }
    expect(arrows(files)).toEqual([
      'packages/server/src/channel/smtp/channel.ts:2 server/channel/* may not import server/channel/* (../inbox/channel.ts)',
    ])
  })

  it('for types alone leave nothing at run time', () => {
    const path = 'packages/sdk/src/wire.ts'
    expect(arrows({ [path]: "import type { UserId } from '@paloma/core/domain'" })).toEqual([])
    expect(arrows({ [path]: "import { userId } from '@paloma/core/domain'" })).toEqual([
      `${path}:1 sdk may not import core/domain, but for its types (@paloma/core/domain)`,
    ])
  })

  it('lead from code to tests never, and from tests only to packages their own may know', () => {
    const testing = 'packages/core/src/policy/testing/arms.ts'
    expect(arrows({ [POLICY]: "import './testing/arms.ts'", [testing]: '' })).toEqual([
      `${POLICY}:1 imports ${testing}, which is for tests only`,
    ])
    const bench = 'benchmarks/arms.mjs'
    expect(arrows({ [bench]: `import '../${testing}'`, [testing]: '' })).toEqual([])
    const test = 'packages/core/src/policy/greedy.test.ts'
    expect(arrows({ [test]: "import './testing/arms.ts'\nimport 'vitest'", [testing]: '' })).toEqual([])
    expect(arrows({ [test]: "import '../../../sdk/src/wire.ts'", 'packages/sdk/src/wire.ts': '' })).toEqual([
      `${test}:1 a test of core imports sdk`,
    ])
  })

  it('to libraries start where the library is adapted', () => {
    expect(arrows({ 'packages/core/src/policy/parse.ts': "import 'zod/v4'\nimport '@stdlib/a-b/lib'" })).toEqual([])
    expect(arrows({ [POLICY]: "import 'zod'" })).toEqual([
      `${POLICY}:1 library zod is adapted by packages/core/src/policy/parse.ts alone`,
    ])
    expect(arrows({ [POLICY]: "import 'left-pad'" })).toEqual([`${POLICY}:1 library left-pad has no home in the list`])
    expect(arrows({ [POLICY]: "import 'node:fs/promises'" })).toEqual([
      `${POLICY}:1 library node:fs has no home in the list`,
    ])
  })

  it('lead to files that are there and in a room', () => {
    expect(arrows({ [POLICY]: "import './gone.ts'\nimport './cases.json'" })).toEqual([
      `${POLICY}:1 imports packages/core/src/policy/gone.ts, which is not there`,
    ])
    expect(arrows({ 'elsewhere/a.ts': "import './b.ts'", 'elsewhere/b.ts': '' })).toEqual([
      'elsewhere/a.ts:1 elsewhere/a.ts is in no room',
    ])
  })
})

describe('cycles', () => {
  const graph = (edges: Readonly<Record<string, readonly string[]>>) =>
    new Map(Object.entries(edges).map(([from, to]) => [from, new Set(to)]))

  it.each([
    [{ a: ['b'], b: ['c'], c: [] }, []],
    [{ a: ['b', 'c'], b: ['c'], c: [] }, []],
    [{ a: ['b'], b: ['a'] }, [['a', 'b']]],
    [{ a: ['a'] }, [['a']]],
    [
      { x: ['a'], a: ['b'], b: ['c'], c: ['a', 'd'], d: ['e'], e: ['d'] },
      [
        ['d', 'e'],
        ['a', 'b', 'c'],
      ],
    ],
  ])('of %j are %j', (edges, cycles) => {
    expect(findCycles(graph(edges))).toEqual(cycles)
  })

  it('are found between files, and between rooms when only code counts', () => {
    const made = tree({
      [POLICY]: "import type { A } from '../domain/user.ts'",
      [DOMAIN]: "import type { B } from './user-state.ts'",
      'packages/core/src/domain/user-state.ts': "import './user.ts'",
      'packages/core/src/domain/user.test.ts': "import '../policy/greedy.ts'",
    })
    expect(findCycles(fileGraph(made))).toEqual([['packages/core/src/domain/user-state.ts', DOMAIN]])
    expect(findCycles(roomGraph(made, PLAN.rooms))).toEqual([])
  })
})

describe('clock, chance and I/O in core', () => {
  it.each([
    'new Date()',
    'Date.now()',
    'Math.random()',
    'performance.now()',
    'process.env',
    "fetch('/')",
    'setTimeout(f, 1)',
  ])('are found in %s', (text) => {
    expect(findAmbient(one(`export const a = () => ${text}`))).toHaveLength(1)
  })

  it.each(['x.Date', '({ process: 1 })', 'Math.max(1, 2)', "'Date'", 'random()'])('are not seen in %s', (text) => {
    expect(findAmbient(one(`const a = () => ${text} // Date.now()`))).toEqual([])
  })

  it('may be met outside core and in its tests', () => {
    expect(findAmbient(one('new Date()', 'packages/server/src/app.ts'))).toEqual([])
    expect(findAmbient(one('new Date()', 'packages/core/src/policy/greedy.test.ts'))).toEqual([])
  })
})

describe('what core hands out', () => {
  it.each([
    'export interface A { b: number }',
    'export type A = { readonly b: { c: number } }',
    'export class A { b = 1 }',
    'export function f(a: { b: number }): void {}',
  ])('is not readonly in %s', (text) => {
    expect(findMutableProperties(one(text))).toHaveLength(1)
  })

  it.each([
    'export interface A { readonly b: number; c(): void }',
    'interface Memo { recent: number }',
    'export function f(): void { const a: { b: number } = { b: 1 } }',
  ])('is readonly, or stays inside, in %s', (text) => {
    expect(findMutableProperties(one(text))).toEqual([])
  })
})

describe('names', () => {
  it.each(['shared', 'common', 'utils', 'helpers', 'types'])('of folders are not %s', (name) => {
    expect(findForbiddenFolders(one('', `packages/core/src/${name}/a.ts`))).toHaveLength(1)
    expect(findForbiddenFolders(one('', `packages/core/src/policy/${name}.ts`))).toEqual([])
  })

  it.each(['export default 1', 'export default function f() {}', 'export { a as default }'])(
    'are missing in %s',
    (text) => {
      expect(findDefaultExports(one(text))).toHaveLength(1)
      expect(findDefaultExports(one(text, 'packages/console/vite.config.ts'))).toEqual([])
    },
  )

  it('of types are not any, outside tests', () => {
    const text = 'export const a = (b: any): Array<any> => b // any'
    expect(findAny(one(text))).toHaveLength(2)
    expect(findAny(one(text, 'a.test.ts'))).toEqual([])
  })
})

describe('assertions', () => {
  it('are found in core, const and the brands of ids left out', () => {
    expect(findAssertions(one('const a = b as string'))).toHaveLength(1)
    expect(findAssertions(one("const a = ['b'] as const"))).toEqual([])
    expect(findAssertions(one('const a = b as UserId', 'packages/core/src/domain/id.ts'))).toEqual([])
  })
})

describe('long files', () => {
  it('have more than 400 lines', () => {
    expect(findLongFiles(one('\n'.repeat(400)))).toEqual([])
    expect(findLongFiles(one('\n'.repeat(401)))).toHaveLength(1)
  })
})

describe('dependencies', () => {
  const faults = (text: string, dependencies: Readonly<Record<string, string>>) =>
    findDependencyFaults(
      tree({
        'packages/core/src/policy/greedy.ts': text,
        'packages/core/src/policy/greedy.test.ts': "import 'vitest'",
      }),
      new Map([['packages/core', { name: '@paloma/core', dependencies }]]),
    ).map(printViolation)

  it('are what is imported outside tests', () => {
    expect(faults("import 'zod/v4'\nimport '@stdlib/a/lib'\nimport 'node:fs'", { zod: '4', '@stdlib/a': '1' })).toEqual(
      [],
    )
  })

  it('may be neither missing nor idle', () => {
    expect(faults("import 'zod'", { kysely: '1' })).toEqual([
      'packages/core/src/policy/greedy.ts:1 zod is no dependency of packages/core',
      'packages/core/package.json:1 nothing imports kysely',
    ])
  })
})

describe('the public surface', () => {
  it('tells types from values and follows re-exports', () => {
    const path = 'scripts/architecture/cycles.ts'
    expect(publicNames([path, 'scripts/architecture/violation.ts'])).toEqual(
      new Map([
        [path, ['findCycles']],
        ['scripts/architecture/violation.ts', ['printViolation', 'type Violation']],
      ]),
    )
  })
})
