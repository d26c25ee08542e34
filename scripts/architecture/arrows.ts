import { LIBRARY_HOMES, type LibraryHome } from './libraries.ts'
import type { Import, Module } from './module.ts'
import type { Room } from './room.ts'
import { ROOMS } from './rooms.ts'
import { type SourceTree, targetOf } from './source-tree.ts'
import type { Violation } from './violation.ts'

/** A room, and for rooms with `*` which one of them. */
export interface Place {
  readonly room: Room
  readonly instance: string
}

/** The part of `path` that `holds` covers, or undefined. */
function covered(path: string, holds: string): string | undefined {
  if (!holds.includes('*')) return path.startsWith(holds) ? holds : undefined
  const pattern = holds.split('*').map(escapeForPattern).join('[^/]+')
  return new RegExp(`^${pattern}`).exec(path)?.[0]
}

function escapeForPattern(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, '\\$&')
}

/** The room of a file: the one that covers most of its path. A named folder beats `*`. */
export function placeOf(path: string, rooms: readonly Room[] = ROOMS): Place | undefined {
  let best: Place | undefined
  for (const room of rooms) {
    const instance = covered(path, room.holds)
    if (instance === undefined) continue
    const isLonger = best === undefined || instance.length > best.instance.length
    const isNamed = instance.length === best?.instance.length && !room.holds.includes('*')
    if (isLonger || isNamed) best = { room, instance }
  }
  return best
}

function isListed(name: string, list: readonly string[]): boolean {
  return list.some((entry) => entry === name || (entry.endsWith('*') && name.startsWith(entry.slice(0, -1))))
}

function mayPoint(from: Place, to: Place, isTypeOnly: boolean): boolean {
  if (from.instance === to.instance) return true
  const { mayImport, mayImportTypes = [] } = from.room
  return isListed(to.room.name, mayImport) || (isTypeOnly && isListed(to.room.name, mayImportTypes))
}

/** Tests may look at more rooms than the code beside them, but stay in packages that their package may know. */
const PACKAGES_FOR_TESTS: Readonly<Record<string, readonly string[]>> = {
  core: ['core'],
  sdk: ['sdk', 'core', 'server'],
  console: ['console', 'core'],
  server: ['server', 'core', 'sdk'],
}

// Scripts look at everything; a calibration with many runs lives the same worlds as the test with few.
const MAY_KNOW_TESTS: readonly string[] = ['scripts', 'benchmarks']

function packageOf({ room }: Place): string {
  return room.name.split('/')[0] ?? room.name
}

function arrowProblem(
  from: Place,
  to: Place,
  link: Import & { readonly isTest: boolean; readonly path: string },
): string | undefined {
  const toTesting = link.path.includes('/testing/') || link.path.includes('.test.')
  if (link.isTest) {
    const packages = PACKAGES_FOR_TESTS[packageOf(from)]
    if (packages === undefined || packages.includes(packageOf(to))) return undefined
    return `a test of ${packageOf(from)} imports ${packageOf(to)}`
  }
  if (toTesting && !MAY_KNOW_TESTS.includes(from.room.name)) return `imports ${link.path}, which is for tests only`
  if (mayPoint(from, to, link.isTypeOnly)) return undefined
  const only = mayPoint(from, to, true) ? ', but for its types' : ''
  return `${from.room.name} may not import ${to.room.name}${only} (${link.specifier})`
}

function libraryProblem(path: string, name: string, homes: readonly LibraryHome[]): string | undefined {
  const home = homes.find(({ library }) => isListed(name, [library]))
  if (home === undefined) return `library ${name} has no home in the list`
  if (home.homes.some((place) => (place.endsWith('/') ? path.startsWith(place) : path === place))) return undefined
  return `library ${name} is adapted by ${home.homes.join(', ')} alone`
}

/** What the arrow checks run on. */
export interface Plan {
  readonly rooms: readonly Room[]
  readonly libraries: readonly LibraryHome[]
}

function problemOf(
  module: Module,
  link: Import,
  context: { readonly tree: SourceTree; readonly files: ReadonlySet<string>; readonly plan: Plan },
): string | undefined {
  const { tree, files, plan } = context
  const target = targetOf(module.path, link.specifier, { files, entries: tree.entries })
  if (target.kind === 'library') {
    return module.isTest ? undefined : libraryProblem(module.path, target.name, plan.libraries)
  }
  if (target.kind === 'other')
    return target.path.endsWith('.json') ? undefined : `imports ${target.path}, which is not there`
  const from = placeOf(module.path, plan.rooms)
  const to = placeOf(target.path, plan.rooms)
  if (from === undefined || to === undefined) return `${from === undefined ? module.path : target.path} is in no room`
  return arrowProblem(from, to, { ...link, isTest: module.isTest, path: target.path })
}

/** Imports that the table does not list, of rooms and of libraries. */
export function findForbiddenArrows(
  tree: SourceTree,
  plan: Plan = { rooms: ROOMS, libraries: LIBRARY_HOMES },
): readonly Violation[] {
  const files = new Set(tree.modules.map(({ path }) => path))
  return tree.modules.flatMap((module) =>
    module.imports.flatMap((link) => {
      const message = problemOf(module, link, { tree, files, plan })
      return message === undefined ? [] : [{ path: module.path, line: link.line, message }]
    }),
  )
}

/** Who imports whom, file by file; tests included. */
export function fileGraph(tree: SourceTree): ReadonlyMap<string, ReadonlySet<string>> {
  const files = new Set(tree.modules.map(({ path }) => path))
  return new Map(
    tree.modules.map(({ path, imports }) => {
      const targets = imports.map(({ specifier }) => targetOf(path, specifier, { files, entries: tree.entries }))
      return [path, new Set(targets.flatMap((target) => (target.kind === 'file' ? [target.path] : [])))] as const
    }),
  )
}

/** Who imports whom, room by room; tests left out. */
export function roomGraph(tree: SourceTree, rooms: readonly Room[] = ROOMS): ReadonlyMap<string, ReadonlySet<string>> {
  const tests = new Set(tree.modules.filter(({ isTest }) => isTest).map(({ path }) => path))
  const graph = new Map<string, Set<string>>()
  for (const [from, targets] of fileGraph(tree)) {
    if (tests.has(from)) continue
    const name = placeOf(from, rooms)?.room.name ?? from
    const known = graph.get(name) ?? new Set()
    for (const target of targets) {
      const room = placeOf(target, rooms)?.room.name ?? target
      if (room !== name) known.add(room)
    }
    graph.set(name, known)
  }
  return graph
}
